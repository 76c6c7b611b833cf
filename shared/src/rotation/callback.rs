//! The callback: Secrets Manager's four steps, each repeatable, none taking another's word.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    confluent::ApiKeyId,
    secrets::{AWSCURRENT, AWSPENDING},
};

use super::{
    announce::announce_published,
    create::{Creation, create},
    error::RotationError,
    labels::take_off_pending,
    observe::{missing, read_secrets},
    publish::publish,
    request::RequestError,
    run::Run,
    state,
    sync::{Patience, held_key, in_sync, sync},
    target::{Target, bare_name},
    targets,
    version::SecretState,
};

/// The tag by which a secret names its target.
pub const TARGET_TAG: &str = "keywheel:target";

const CURRENT_ALREADY: &str = "the version is AWSCURRENT already";

/// The four steps. The guide spells them `create_secret`, real events `createSecret`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum Step {
    /// Make a key for the pending version.
    #[serde(rename = "createSecret", alias = "create_secret")]
    Create,
    /// Check whose key it is.
    #[serde(rename = "setSecret", alias = "set_secret")]
    Set,
    /// Wait until it signs in.
    #[serde(rename = "testSecret", alias = "test_secret")]
    Test,
    /// Publish it.
    #[serde(rename = "finishSecret", alias = "finish_secret")]
    Finish,
}

impl Step {
    /// As Secrets Manager's events spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "createSecret",
            Self::Set => "setSecret",
            Self::Test => "testSecret",
            Self::Finish => "finishSecret",
        }
    }
}

/// What Secrets Manager sends. Fields it may add are ignored.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StepEvent {
    /// The step.
    pub step: Step,
    /// The secret's ARN.
    pub secret_id: String,
    /// The version the rotation is about.
    pub client_request_token: String,
    /// Sensitive: lets a function of another account put the value.
    pub rotation_token: Option<SecretString>,
}

impl StepEvent {
    /// Reads the event of an invocation.
    ///
    /// # Errors
    /// [`RequestError::Step`]; nothing has been done then. The token's text is never in it.
    pub fn parse(event: Value) -> Result<Self, RotationError> {
        let event = Self::deserialize(event).map_err(|error| RequestError::Step {
            reason: error.to_string(),
        })?;
        if event.client_request_token.is_empty() || event.secret_id.is_empty() {
            return Err(RequestError::Step {
                reason: "`SecretId` and `ClientRequestToken` must not be empty".to_owned(),
            }
            .into());
        }
        Ok(event)
    }
}

/// What a step answers; Secrets Manager does not read it, people do.
#[derive(Debug, Clone, Serialize)]
pub struct StepAnswer {
    /// The step.
    pub step: Step,
    /// The target, when it mattered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// A sentence.
    pub summary: String,
    /// The key, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<String>,
    /// Sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Carries out one step.
///
/// # Errors
/// [`RotationError`]; what is done stays, and the next attempt goes on from there.
pub(super) async fn step(run: &Run, event: &StepEvent) -> Result<StepAnswer, RotationError> {
    let mut answer = StepAnswer {
        step: event.step,
        target: None,
        summary: String::new(),
        api_key: None,
        warnings: Vec::new(),
    };
    let token = &event.client_request_token;
    let secret = run.secrets.describe(&event.secret_id).await;
    let secret = secret.map_err(|source| missing(&event.secret_id, source))?;
    let name = || secret.name.clone();
    if secret.rotation_enabled == Some(false) {
        return Err(RotationError::RotationDisabled { secret: name() });
    }
    let Some(labels) = secret.versions.get(token) else {
        return Err(RotationError::NoSuchVersion {
            secret: name(),
            version: token.clone(),
        });
    };
    let current = labels.contains(AWSCURRENT);
    if !current && !labels.contains(AWSPENDING) {
        return Err(RotationError::NotPending {
            secret: name(),
            version: token.clone(),
        });
    }
    if current && event.step != Step::Finish {
        CURRENT_ALREADY.clone_into(&mut answer.summary);
        return Ok(answer);
    }
    let target = find_target(run, &secret).await?;
    answer.target = Some(target.name.to_string());
    run.check_serves(&target)?;
    let state = state::read(run, target.name.as_str()).await?;
    if let Some(hold) = state.on_hold(OffsetDateTime::now_utc())
        && !current
    {
        return Err(RotationError::OnHold {
            hold: hold.sentence(),
        });
    }
    let mut secrets = read_secrets(run, &target).await?;
    let arns = secrets.iter().map(|secret| secret.description.arn.clone());
    let arns = arns.collect();
    let mut steps = Steps {
        run,
        event,
        primary: secrets.remove(0),
        arns,
        target,
        answer,
    };
    match event.step {
        Step::Create => steps.create().await?,
        Step::Set => steps.set().await?,
        Step::Test => steps.test().await?,
        Step::Finish if current => steps.tidy().await?,
        Step::Finish => steps.finish().await?,
    }
    Ok(steps.answer)
}

/// The target that the secret's tag names, when it names this secret as its primary.
async fn find_target(
    run: &Run,
    secret: &crate::secrets::Description,
) -> Result<Target, RotationError> {
    let name = secret
        .tags
        .get(TARGET_TAG)
        .ok_or_else(|| RotationError::NoTag {
            secret: secret.name.clone(),
        })?;
    let entries = targets::read(run).await?;
    let entry = entries.into_iter().find(|entry| entry.name == *name);
    let entry = entry.ok_or_else(|| RotationError::NoTarget {
        target: name.clone(),
    })?;
    let target = entry
        .target
        .map_err(|source| RotationError::RefusedTarget {
            target: name.clone(),
            source: Box::new(source),
        })?;
    let primary = &target.secret.name;
    if *primary != secret.arn && bare_name(primary) != secret.name {
        return Err(RotationError::NotPrimary {
            target: name.clone(),
            primary: primary.clone(),
            secret: secret.name.clone(),
        });
    }
    Ok(target)
}

/// One rotation of one secret, as a step finds it.
struct Steps<'a> {
    run: &'a Run,
    event: &'a StepEvent,
    target: Target,
    primary: SecretState,
    /// Of all secrets, the primary first.
    arns: Vec<String>,
    answer: StepAnswer,
}

impl Steps<'_> {
    fn token(&self) -> &str {
        &self.event.client_request_token
    }

    fn say(&mut self, api_key: Option<&ApiKeyId>, summary: String) {
        self.answer.api_key = api_key.map(ToString::to_string);
        self.answer.summary = summary;
    }

    async fn create(&mut self) -> Result<(), RotationError> {
        let endpoints = self.run.endpoints(&self.target.resource).await?;
        let keys = self.run.keys(&self.target).await?;
        let creation = Creation {
            target: &self.target,
            endpoints: &endpoints,
            keys: &keys,
            token: self.token(),
            rotation_token: self.event.rotation_token.as_ref(),
            forced: self.primary.current_key().is_none(),
            follows_pending: false,
            reason: "Secrets Manager rotates it",
        };
        let held = create(self.run, &creation).await?;
        let api_key = held.key().map(|key| &key.id);
        self.say(api_key, "the pending version holds an API key".to_owned());
        Ok(())
    }

    /// Compares owner and resource, as Confluent reports them, with the target.
    async fn set(&mut self) -> Result<(), RotationError> {
        let held = held_key(self.run, &self.primary, self.token()).await?;
        let Some(credential) = held.key() else {
            return Ok(());
        };
        let api_key = credential.id.clone();
        self.run.owned_key(&self.target, &api_key).await?;
        let summary = format!("API key `{api_key}` has the target's owner and resource");
        self.say(Some(&api_key), summary);
        Ok(())
    }

    async fn test(&mut self) -> Result<(), RotationError> {
        let (run, target) = (self.run, &self.target);
        let endpoints = run.endpoints(&target.resource).await?;
        if self
            .primary
            .version(&run.secrets, self.token())
            .await?
            .is_none()
        {
            // RotateImmediately=false: Secrets Manager only asks whether a rotation could work.
            run.keys(target).await?;
            run.confluent
                .api_key_quota(&target.owner, &target.resource)
                .await?;
            let summary = "nothing is pending; secrets, rights and endpoints are in order";
            self.say(None, summary.to_owned());
            return Ok(());
        }
        let held = held_key(run, &self.primary, self.token()).await?;
        let Some(credential) = held.key() else {
            return Ok(());
        };
        let current = self.primary.current_key();
        let current = current.filter(|key| key.id != credential.id);
        let patience = Patience::UntilDeadline;
        let made = held.created;
        let warning = in_sync(run, target, &endpoints, credential, made, current, patience).await?;
        let id = &credential.id;
        let summary = format!("API key `{id}` is in sync with `{}`", target.resource.id);
        self.answer.warnings.extend(warning);
        self.say(Some(id), summary);
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), RotationError> {
        let (run, target) = (self.run, &self.target);
        let endpoints = run.endpoints(&target.resource).await?;
        let patience = Patience::UntilDeadline;
        let synced = sync(
            run,
            target,
            &endpoints,
            &self.primary,
            self.token(),
            patience,
        )
        .await?;
        let published = publish(run, target, &endpoints, synced).await?;
        self.answer.warnings.extend_from_slice(published.warnings());
        let arns = std::mem::take(&mut self.arns);
        let untold = announce_published(run, target, arns, published.key()).await;
        self.answer.warnings.extend(untold);
        let summary = format!("API key `{}` is published", published.key());
        self.say(Some(published.key()), summary);
        Ok(())
    }

    /// An earlier finish got as far as the promotion, perhaps no further.
    async fn tidy(&mut self) -> Result<(), RotationError> {
        let token = self.token();
        if self.primary.description.is_staged(token, AWSPENDING) {
            take_off_pending(
                self.run,
                &self.target,
                &self.primary,
                token,
                "it is published",
            )
            .await?;
        }
        self.say(None, CURRENT_ALREADY.to_owned());
        Ok(())
    }
}
