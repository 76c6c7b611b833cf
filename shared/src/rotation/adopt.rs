//! Adopt: the key in `AWSCURRENT`, made by another tool or by hand, becomes ours.

use time::OffsetDateTime;

use crate::confluent::ApiKeyId;

use super::{
    error::RotationError,
    marker::{Marker, Note},
    observe::Observation,
    publish::write_marker,
    run::Run,
    sweep::stray_keys,
    sync,
    target::Target,
    targets,
};

/// One PATCH, directly after the key signed in and was seen with the target's owner and resource:
/// a marker with the version that holds it, published now.
pub(super) async fn adopt(
    run: &Run,
    target: &Target,
    seen: &Observation,
    api_key: &ApiKeyId,
    version: &str,
) -> Result<(), RotationError> {
    let held = sync::held_key(run, &seen.primary, version).await?;
    let (Some(credential), Some(listed)) = (
        held.key().filter(|held| held.id == *api_key),
        seen.key(api_key),
    ) else {
        return Err(RotationError::NoCurrentKey {
            secret: target.secret.name.clone(),
        });
    };
    let endpoints = seen.endpoints.as_ref().ok();
    let (key, secret) = (&listed.api_key, &target.secret);
    sync::check_signs_in_now(run, target, endpoints, credential, key, secret).await?;
    let key = run.owned_key(target, api_key).await?;
    if let Some(marker) = Marker::parse(&key.description)
        && !marker.is_for(&run.deployment, &target.name)
        && stray_keys(run, &targets::read(run).await?, std::slice::from_ref(&key)).is_empty()
    {
        return Err(RotationError::MarkedByAnother {
            api_key: api_key.clone(),
            description: key.description,
        });
    }
    let mut marker = Marker::new(
        &run.deployment,
        &target.name,
        &super::create::marker_token(version),
    );
    marker.published = Some(Note::At(OffsetDateTime::now_utc()));
    write_marker(run, target, api_key, &marker, "adopted by hand").await
}
