//! Rollback: the former key becomes current again, by a publish like any other, and the target is
//! held until told otherwise.

use time::OffsetDateTime;

use crate::confluent::ApiKeyId;

use super::{
    error::RotationError,
    guard::Guard,
    observe::Observation,
    publish::republish,
    run::Run,
    state::{self, Hold},
    sync::{Patience, sync},
    target::Target,
};

pub(super) async fn roll_back(
    run: &Run,
    target: &Target,
    seen: &Observation,
    version: &str,
    api_key: &ApiKeyId,
) -> Result<(), RotationError> {
    let Some(guard) = Guard::of_current(run, target, &seen.primary, api_key) else {
        return Ok(());
    };
    let endpoints = seen.reached(target)?;
    // Before the first move: or the next sweep would find the older key due and rotate it away.
    let now = OffsetDateTime::now_utc();
    state::change(run, target.name.as_str(), |state| {
        // One that ends, or has ended, is not enough.
        if state.on_hold(now).is_none_or(|hold| hold.until.is_some()) {
            state.hold = Some(Hold {
                since: now.into(),
                until: None,
                reason: Some("rolled back".to_owned()),
            });
        }
    })
    .await?;
    let synced = sync(
        run,
        target,
        endpoints,
        &seen.primary,
        version,
        Patience::Once,
    )
    .await?;
    republish(&guard, endpoints, &synced).await
}
