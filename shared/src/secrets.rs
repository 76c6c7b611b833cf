//! Secrets Manager: secrets, their versions and the staging labels on them.
//!
//! Values are read by version id, never by label: a label may not be visible right after it was
//! put there (aws-sdk-js-v3#7701), the version itself is.

mod listing;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::{
    Client, config,
    operation::{RequestId, get_secret_value::GetSecretValueOutput},
    primitives::DateTime,
};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use time::OffsetDateTime;
use tokio::sync::Semaphore;

use crate::{
    aws::{ServiceError, endpoint_url},
    ordered::ordered,
};

pub use self::listing::Listed;

/// The label of the value that every reader gets.
pub const AWSCURRENT: &str = "AWSCURRENT";
/// The label of the value that a rotation prepares.
pub const AWSPENDING: &str = "AWSPENDING";
/// The label that Secrets Manager itself gives to the value before.
pub const AWSPREVIOUS: &str = "AWSPREVIOUS";
/// The label under which a text waits for its `AWSCURRENT`: no reader asks for it.
pub const KEYWHEEL: &str = "KEYWHEEL";

/// AWS takes 50 writes a second in an account and Region, and gives no more for money. A sweep of many targets would send
/// dozens at once; so few stay near that limit, and what is throttled all the same the SDK sends again.
const WRITES_AT_ONCE: usize = 4;

/// The id of a secret's version: the `ClientRequestToken` it was put with.
pub type VersionId = String;

/// What `DescribeSecret` tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Description {
    /// The full ARN.
    pub arn: String,
    /// The name, without the suffix of the ARN.
    pub name: String,
    /// Marked for deletion: such a secret can neither be read nor written.
    pub deleted: bool,
    /// The Region it is replicated from, if it is replicated at all.
    pub primary_region: Option<String>,
    /// The service that manages the secret, if one does.
    pub owning_service: Option<String>,
    /// Absent in some answers, even where rotation is on.
    pub rotation_enabled: Option<bool>,
    /// When Secrets Manager means to rotate it next.
    pub next_rotation_date: Option<OffsetDateTime>,
    /// The last put, label move or change of its metadata.
    pub last_changed: Option<OffsetDateTime>,
    /// Tags by key.
    pub tags: BTreeMap<String, String>,
    /// The staged versions and their labels; versions without a label are not listed here.
    pub versions: BTreeMap<VersionId, BTreeSet<String>>,
}

impl Description {
    /// Whether nothing changed for `settle`. Without a date it cannot be said, so it is not.
    #[must_use]
    pub fn is_settled(&self, settle: time::Duration, now: OffsetDateTime) -> bool {
        self.last_changed
            .is_some_and(|changed| changed + settle < now)
    }

    /// The version that carries `label`.
    #[must_use]
    pub fn staged(&self, label: &str) -> Option<&VersionId> {
        self.versions
            .iter()
            .find_map(|(id, labels)| labels.contains(label).then_some(id))
    }

    /// Whether `version` carries `label`.
    #[must_use]
    pub fn is_staged(&self, version: &str, label: &str) -> bool {
        self.versions
            .get(version)
            .is_some_and(|labels| labels.contains(label))
    }
}

/// One version's value. `Debug` shows no text.
#[derive(Debug, Clone)]
pub struct Value {
    /// The version it stands in.
    pub version: VersionId,
    /// When the version was made.
    pub created: OffsetDateTime,
    /// The text; `None` for a binary value.
    pub text: Option<SecretString>,
}

/// A call that Secrets Manager refused or did not answer.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("`secretsmanager:{action}` failed on secret `{secret}`")]
pub struct SecretsError {
    /// The action, as IAM names it.
    pub action: &'static str,
    /// Name or ARN as it was asked for.
    pub secret: String,
    /// What the service said.
    #[source]
    pub source: Box<ServiceError>,
}

impl SecretsError {
    /// Whether the secret, or the version, does not exist.
    #[must_use]
    pub fn not_found(&self) -> bool {
        self.source.code == "ResourceNotFoundException"
    }

    /// Whether the service said that nothing was done; otherwise the outcome is unknown.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.source.refused()
    }
}

/// The Secrets Manager of one account and Region.
#[derive(Debug, Clone)]
pub struct Secrets {
    client: Client,
    writes: Arc<Semaphore>,
}

impl Secrets {
    /// A client from the common configuration.
    #[must_use]
    pub fn new(configuration: &SdkConfig) -> Self {
        let mut config = config::Builder::from(configuration);
        if let Some(url) = endpoint_url("SECRETS_MANAGER") {
            config.set_endpoint_url(Some(url));
        }
        Self {
            client: Client::from_conf(config.build()),
            writes: Arc::new(Semaphore::new(WRITES_AT_ONCE)),
        }
    }

    /// Describes a secret by name or ARN.
    ///
    /// # Errors
    /// [`SecretsError`].
    pub async fn describe(&self, secret: &str) -> Result<Description, SecretsError> {
        let answer = self
            .client
            .describe_secret()
            .secret_id(secret)
            .send()
            .await
            .map_err(failed("DescribeSecret", secret))?;
        let tags = answer.tags().iter();
        let tags = tags.filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())));
        let versions = answer.version_ids_to_stages().into_iter().flatten();
        Ok(Description {
            arn: answer.arn().unwrap_or(secret).to_owned(),
            name: answer.name().unwrap_or(secret).to_owned(),
            deleted: answer.deleted_date().is_some(),
            primary_region: answer.primary_region().map(str::to_owned),
            owning_service: answer.owning_service().map(str::to_owned),
            rotation_enabled: answer.rotation_enabled(),
            next_rotation_date: answer.next_rotation_date().and_then(moment),
            last_changed: answer.last_changed_date().and_then(moment),
            tags: ordered(tags),
            versions: ordered(
                versions.map(|(id, labels)| (id.clone(), ordered(labels.iter().cloned()))),
            ),
        })
    }

    /// The value of a version; `None` when the version holds none or does not exist.
    ///
    /// # Errors
    /// [`SecretsError`].
    pub async fn value(&self, secret: &str, version: &str) -> Result<Option<Value>, SecretsError> {
        let answer = self
            .client
            .get_secret_value()
            .secret_id(secret)
            .version_id(version)
            .send()
            .await
            .map_err(failed("GetSecretValue", secret));
        match answer {
            Ok(answer) => Ok(Some(value(version.to_owned(), &answer))),
            Err(error) if error.not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The value under `label`, read as any reader would.
    ///
    /// # Errors
    /// [`SecretsError`], not found when nothing is staged so.
    pub async fn staged(&self, secret: &str, label: &str) -> Result<Value, SecretsError> {
        let answer = self
            .client
            .get_secret_value()
            .secret_id(secret)
            .version_stage(label)
            .send()
            .await
            .map_err(failed("GetSecretValue", secret))?;
        let version = answer.version_id().unwrap_or_default().to_owned();
        Ok(value(version, &answer))
    }

    /// The ids of all versions that hold a value, those without a label included.
    ///
    /// # Errors
    /// [`SecretsError`].
    pub async fn version_ids(&self, secret: &str) -> Result<BTreeSet<VersionId>, SecretsError> {
        let mut ids = BTreeSet::new();
        let mut page = None;
        loop {
            let answer = self
                .client
                .list_secret_version_ids()
                .secret_id(secret)
                .include_deprecated(true)
                .set_next_token(page)
                .send()
                .await
                .map_err(failed("ListSecretVersionIds", secret))?;
            let versions = answer.versions().iter();
            ids.extend(versions.filter_map(|version| Some(version.version_id()?.to_owned())));
            match answer.next_token() {
                Some(token) if !token.is_empty() => page = Some(token.to_owned()),
                _ => return Ok(ids),
            }
        }
    }

    /// Puts a text as version `token` with one label. The same token and text again does nothing;
    /// another text under a known token is refused (`ResourceExistsException`). Answers the request's id.
    ///
    /// # Errors
    /// [`SecretsError`]; unless [`SecretsError::refused`], the version may hold the text.
    pub async fn put(
        &self,
        secret: &str,
        token: &str,
        text: &SecretString,
        label: &str,
        rotation_token: Option<&SecretString>,
    ) -> Result<String, SecretsError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the secret goes where it is kept"
        )]
        let (text, rotation_token) = (
            text.expose_secret(),
            rotation_token.map(|token| token.expose_secret().to_owned()),
        );
        let _turn = self.writes.acquire().await;
        self.client
            .put_secret_value()
            .secret_id(secret)
            .client_request_token(token)
            .secret_string(text)
            .version_stages(label)
            .set_rotation_token(rotation_token)
            .send()
            .await
            .map(|answer| request_id(&answer))
            .map_err(failed("PutSecretValue", secret))
    }

    /// Moves a label in one call that Secrets Manager refuses when the label is not on `from`
    /// (without `from`: when it is anywhere). The call is given up after `within`. Answers the
    /// request's id.
    ///
    /// # Errors
    /// [`SecretsError`]; unless [`SecretsError::refused`], the label may have moved.
    pub async fn move_label(
        &self,
        secret: &str,
        label: &str,
        from: Option<&str>,
        to: Option<&str>,
        within: Duration,
    ) -> Result<String, SecretsError> {
        let failed = failed("UpdateSecretVersionStage", secret);
        let call = async {
            let _turn = self.writes.acquire().await;
            self.client
                .update_secret_version_stage()
                .secret_id(secret)
                .version_stage(label)
                .set_remove_from_version_id(from.map(str::to_owned))
                .set_move_to_version_id(to.map(str::to_owned))
                .send()
                .await
        };
        match tokio::time::timeout(within, call).await {
            Ok(answer) => answer.map(|answer| request_id(&answer)).map_err(failed),
            Err(_) => Err(SecretsError {
                action: "UpdateSecretVersionStage",
                secret: secret.to_owned(),
                source: Box::new(ServiceError::no_answer("the call was given up")),
            }),
        }
    }
}

fn failed<E: Into<ServiceError>>(
    action: &'static str,
    secret: &str,
) -> impl FnOnce(E) -> SecretsError {
    let secret = secret.to_owned();
    move |error| SecretsError {
        action,
        secret,
        source: Box::new(error.into()),
    }
}

fn value(version: VersionId, answer: &GetSecretValueOutput) -> Value {
    Value {
        version,
        created: answer
            .created_date()
            .and_then(moment)
            // The cautious reading: nothing is old by it.
            .unwrap_or_else(OffsetDateTime::now_utc),
        text: answer.secret_string().map(SecretString::from),
    }
}

fn request_id(answer: &impl RequestId) -> String {
    answer.request_id().unwrap_or_default().to_owned()
}

fn moment(date: &DateTime) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(date.as_nanos()).ok()
}
