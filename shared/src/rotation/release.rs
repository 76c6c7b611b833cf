//! Release: a target is handed back. Its keys lose our marker and are foreign from then on; only a
//! pending key that was never published is deleted.

use crate::confluent::ApiKeyId;

use super::{
    error::RotationError,
    labels::take_off_pending,
    observe::Key,
    publish::describe,
    retire::{await_settled, orphan},
    run::{Change, Run},
    target::Target,
    version::SecretState,
};

/// Takes `AWSPENDING` off, and deletes the key once no late run can publish it any more.
pub(super) async fn drop_pending(
    run: &Run,
    target: &Target,
    primary: &SecretState,
    version: &str,
    api_key: &ApiKeyId,
) -> Result<(), RotationError> {
    take_off_pending(run, target, primary, version, "the target is handed back").await?;
    await_settled(run, target, api_key).await?;
    orphan(
        run,
        target,
        api_key,
        "pending when its target was handed back",
    )
    .await
}

/// Takes the marker off a key. What is written instead says who had it.
pub(super) async fn strip(run: &Run, target: &Target, key: &Key) -> Result<(), RotationError> {
    let description = format!("released by Keywheel from target {}", target.name);
    let change = Change {
        what: "took the marker off API key",
        before: &key.api_key.description,
        reason: "the target is handed back",
        ..Change::default()
    };
    describe(run, target, key.id(), &description, change).await
}
