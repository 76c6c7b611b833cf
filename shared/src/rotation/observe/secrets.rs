//! The secrets of a target: read together, and refused where Keywheel may not write.

use futures_util::future::try_join_all;

use crate::{rotation::callback::TARGET_TAG, secrets::SecretsError};

use super::{Content, RotationError, Run, SecretSpec, SecretState, Target};

/// Reads every secret of a target and refuses those that Keywheel may not write.
///
/// # Errors
/// [`RotationError`] naming the secret.
pub(in super::super) async fn read_secrets(
    run: &Run,
    target: &Target,
) -> Result<Vec<SecretState>, RotationError> {
    let states = try_join_all(
        target
            .secrets()
            .enumerate()
            .map(|(n, spec)| read_secret(run, target, spec, n == 0)),
    )
    .await?;
    let primary = &states[0].description.arn;
    match states[1..]
        .iter()
        .find(|copy| copy.description.arn == *primary)
    {
        Some(copy) => Err(unfit(&copy.spec, "it is the target's primary as well")),
        None => Ok(states),
    }
}

/// Reads one of them.
///
/// # Errors
/// [`RotationError`] naming the secret.
pub(in super::super) async fn read_secret(
    run: &Run,
    target: &Target,
    spec: &SecretSpec,
    primary: bool,
) -> Result<SecretState, RotationError> {
    let state = SecretState::read(&run.secrets, spec).await;
    let state = state.map_err(|source| missing(&spec.name, source))?;
    let description = &state.description;
    if description.deleted {
        return Err(unfit(spec, "it is marked for deletion"));
    }
    if let Some(region) = &description.primary_region
        && *region != run.deployment.region
    {
        let reason = format!("it is a replica of the one in `{region}`");
        return Err(unfit(spec, &reason));
    }
    if let Some(other) = description.tags.get(TARGET_TAG)
        && other != target.name.as_str()
    {
        let reason = format!("its tag `{TARGET_TAG}` names target `{other}`");
        return Err(unfit(spec, &reason));
    }
    if !primary && description.rotation_enabled == Some(true) {
        return Err(unfit(spec, "a copy must have no rotation of its own"));
    }
    if let Some(service) = &description.owning_service {
        return Err(unfit(
            spec,
            &format!("it belongs to the service `{service}`"),
        ));
    }
    if let Some(Content::OtherFormat(reason)) = state.current.as_ref().map(|held| &held.content) {
        return Err(unfit(spec, reason));
    }
    Ok(state)
}

/// What a failed read of a secret says: that there is none, or what went wrong.
pub(in super::super) fn missing(secret: &str, source: SecretsError) -> RotationError {
    if source.not_found() {
        RotationError::MissingSecret {
            secret: secret.to_owned(),
            source,
        }
    } else {
        source.into()
    }
}

fn unfit(spec: &SecretSpec, reason: &str) -> RotationError {
    RotationError::UnfitSecret {
        secret: spec.name.clone(),
        reason: reason.to_owned(),
    }
}
