//! The canary: before Keywheel depends on a new Cloud API key, that key does its work once. It lists
//! keys, creates one and deletes it.

use crate::confluent::{
    ApiKeyId, Confluent, CreateError, Credential, Deletion, ErrorKind, NewApiKey,
};

use super::{
    create::delete,
    error::{CanaryError, RotationError},
    marker::Marker,
    run::{Change, Run},
    target::Target,
};

/// So many may be left behind by attempts that died, until an hour makes orphans of them.
const LEFT_BEHIND_AT_MOST: usize = 3;
const DISPLAY_NAME: &str = "canary: deleted at once - managed by Keywheel";

/// Proves that the key can do what this run does. Other Cloud API keys, which Keywheel only looks
/// after, need not be able to.
///
/// # Errors
/// [`RotationError::Canary`]; [`RotationError::NotInSync`] where it is not known yet.
pub(super) async fn prove(
    run: &Run,
    target: &Target,
    credential: &Credential,
) -> Result<(), RotationError> {
    if !run.is_own_key(target) {
        return Ok(());
    }
    let new = run.confluent.signed_in_with(credential.clone());
    let works = work(run, target, &credential.id, &new).await;
    works.map_err(|error| match error {
        CanaryError::List(source) if source.kind() == ErrorKind::Unauthorized => {
            RotationError::NotInSync {
                api_key: credential.id.clone(),
                resource: target.resource.id.to_string(),
                age: time::Duration::ZERO,
                evidence: "401 when it listed keys".to_owned(),
            }
        }
        source => RotationError::Canary {
            api_key: credential.id.clone(),
            source: Box::new(source),
        },
    })
}

async fn work(
    run: &Run,
    target: &Target,
    api_key: &ApiKeyId,
    new: &Confluent,
) -> Result<(), CanaryError> {
    let listed = new.list_api_keys(&target.owner).await;
    let listed = listed.map_err(CanaryError::List)?;
    if !listed.iter().any(|key| key.id == *api_key) {
        return Err(CanaryError::Blind);
    }
    let left_behind = listed.iter().filter(|key| {
        Marker::parse(&key.description)
            .is_some_and(|marker| marker.canary && marker.is_for(&run.deployment, &target.name))
    });
    if left_behind.count() >= LEFT_BEHIND_AT_MOST {
        return Err(CanaryError::LeftBehind);
    }
    let canary = create(run, target, new).await?;
    let deleted = new.delete_api_key(&canary).await;
    let error = match deleted {
        Ok(done) if done.what == Deletion::Deleted => {
            let reason = "it was the canary";
            super::retire::deleted(run, target.name.as_str(), &canary, &done, reason);
            return Ok(());
        }
        Ok(_) => CanaryError::MayNotDelete,
        Err(source) => CanaryError::Delete(source),
    };
    delete(run, target, &canary, "the new Cloud API key could not").await;
    Err(error)
}

async fn create(run: &Run, target: &Target, new: &Confluent) -> Result<ApiKeyId, CanaryError> {
    let marker = Marker::canary(&run.deployment, &target.name);
    let asked = NewApiKey {
        owner: &target.owner,
        resource: &target.resource.id,
        display_name: DISPLAY_NAME,
        description: &marker.to_string(),
    };
    // Its secret is of no use to anybody.
    let error = match new.create_api_key(&asked).await {
        Ok(made) => {
            let (canary, _) = made.what;
            run.changed(
                target,
                &Change {
                    what: "created the canary",
                    api_key: canary.id.as_ref(),
                    subject: canary.id.as_ref(),
                    reason: "a new Cloud API key does its work once before it is published",
                    service_request_ids: &[&made.request_id],
                    ..Change::default()
                },
            );
            return Ok(canary.id);
        }
        Err(error) => error,
    };
    if let CreateError::Unknown { .. } = &error {
        let keys = run.keys_now(target).await.unwrap_or_default();
        let is_it = |marked: &Marker| marked.canary && marked.run == marker.run;
        for key in keys
            .iter()
            .filter(|key| key.marker.as_ref().is_some_and(is_it))
        {
            delete(run, target, key.id(), "the answer that made it was lost").await;
        }
    }
    Err(CanaryError::Create(error))
}
