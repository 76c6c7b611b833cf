//! The callback: Secrets Manager's four steps, each repeatable, none taking another's word.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::secrets::{AWSCURRENT, AWSPENDING};

use super::{
    create::{Creation, create, take_off_pending},
    error::RotationError,
    observe::read_secrets,
    publish::publish,
    request::RequestError,
    run::Run,
    sync::{Patience, held_key, in_sync, sync},
    target::{Target, bare_name},
    targets,
    version::SecretState,
};

/// The tag by which a secret names its target.
pub const TARGET_TAG: &str = "keywheel:target";

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
    let secret = run.secrets.describe(&event.secret_id).await?;
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
        "the version is AWSCURRENT already".clone_into(&mut answer.summary);
        return Ok(answer);
    }
    let target = find_target(run, &secret).await?;
    answer.target = Some(target.name.to_string());
    let mut secrets = read_secrets(run, &target).await?;
    let primary = secrets.remove(0);
    if current {
        if labels.contains(AWSPENDING) {
            take_off_pending(run, &target, &primary, token, "it is published").await?;
        }
        "the version is AWSCURRENT already".clone_into(&mut answer.summary);
        return Ok(answer);
    }
    match event.step {
        Step::Create => create_step(run, event, &target, &primary, &mut answer).await?,
        Step::Set => set_step(run, event, &target, &primary, &mut answer).await?,
        Step::Test => test_step(run, event, &target, &primary, &mut answer).await?,
        Step::Finish => finish_step(run, event, &target, &primary, &mut answer).await?,
    }
    Ok(answer)
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

async fn create_step(
    run: &Run,
    event: &StepEvent,
    target: &Target,
    primary: &SecretState,
    answer: &mut StepAnswer,
) -> Result<(), RotationError> {
    let endpoints = run.endpoints(&target.resource).await?;
    let keys = run.keys(target).await?;
    let creation = Creation {
        target,
        endpoints: &endpoints,
        keys: &keys,
        token: &event.client_request_token,
        rotation_token: event.rotation_token.as_ref(),
        forced: primary.current_key().is_none(),
        follows_pending: false,
        reason: "Secrets Manager rotates it",
    };
    let held = create(run, &creation).await?;
    answer.api_key = held.key().map(|key| key.id.to_string());
    "the pending version holds an API key".clone_into(&mut answer.summary);
    Ok(())
}

/// Compares owner and resource, as Confluent reports them, with the target.
async fn set_step(
    run: &Run,
    event: &StepEvent,
    target: &Target,
    primary: &SecretState,
    answer: &mut StepAnswer,
) -> Result<(), RotationError> {
    let held = held_key(run, primary, &event.client_request_token).await?;
    let Some(credential) = held.key() else {
        return Ok(());
    };
    let api_key = credential.id.clone();
    let key = run.confluent.get_api_key(&api_key).await?;
    target.check_owns(&key.ok_or(RotationError::Gone {
        api_key: api_key.clone(),
    })?)?;
    answer.api_key = Some(api_key.to_string());
    answer.summary = format!("API key `{api_key}` has the target's owner and resource");
    Ok(())
}

async fn test_step(
    run: &Run,
    event: &StepEvent,
    target: &Target,
    primary: &SecretState,
    answer: &mut StepAnswer,
) -> Result<(), RotationError> {
    let endpoints = run.endpoints(&target.resource).await?;
    let token = &event.client_request_token;
    let Some(held) = primary.version(&run.secrets, token).await? else {
        // RotateImmediately=false: Secrets Manager only asks whether a rotation could work.
        run.keys(target).await?;
        run.confluent.api_key_quota(&target.resource).await?;
        "nothing is pending; secrets, rights and endpoints are in order"
            .clone_into(&mut answer.summary);
        return Ok(());
    };
    let held = match held.key() {
        Some(_) => held,
        None => held_key(run, primary, token).await?,
    };
    let Some(credential) = held.key() else {
        return Ok(());
    };
    let current = primary.current_key().filter(|key| key.id != credential.id);
    let patience = Patience::Until(run.deadline);
    let warning = in_sync(
        run,
        target,
        &endpoints,
        credential,
        held.created,
        current,
        patience,
    )
    .await?;
    answer.warnings.extend(warning);
    answer.api_key = Some(credential.id.to_string());
    answer.summary = format!(
        "API key `{}` is in sync with `{}`",
        credential.id, target.resource.id
    );
    Ok(())
}

async fn finish_step(
    run: &Run,
    event: &StepEvent,
    target: &Target,
    primary: &SecretState,
    answer: &mut StepAnswer,
) -> Result<(), RotationError> {
    let endpoints = run.endpoints(&target.resource).await?;
    let token = &event.client_request_token;
    let patience = Patience::Until(run.deadline);
    let synced = sync(run, target, &endpoints, primary, token, patience).await?;
    let published = publish(run, target, &endpoints, synced).await?;
    answer.warnings.extend_from_slice(published.warnings());
    answer.api_key = Some(published.key().to_string());
    answer.summary = format!("API key `{}` is published", published.key());
    Ok(())
}
