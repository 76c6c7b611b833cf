//! Copies: compare and swap, so that what somebody writes meanwhile is never undone.

use uuid::Uuid;

use crate::{
    confluent::{ApiKey, Credential, Endpoints},
    secrets::{AWSCURRENT, KEYWHEEL},
};

use super::{
    error::RotationError,
    guard::Guard,
    labels::ensure_current,
    observe::Observation,
    run::{Change, Run},
    sync,
    target::{SecretSpec, Target},
    version::{Content, SecretState},
};

/// Somebody else may move a copy's label between our read and our write this often.
const ATTEMPTS: usize = 3;

/// Brings a copy into agreement with the primary, for `rewrite`: never to a key that does not
/// sign in now.
pub(super) async fn rewrite(
    run: &Run,
    target: &Target,
    seen: &Observation,
    copy: &SecretSpec,
    endpoints: &Endpoints,
) -> Result<(), RotationError> {
    match seen.live_current() {
        Some((credential, key)) => {
            let (primary, key) = (&seen.primary, &key.api_key);
            follow(run, target, primary, credential, key, copy, endpoints).await
        }
        None => Ok(()),
    }
}

/// A copy goes over to the key in `AWSCURRENT` of the primary, if that signs in now.
pub(super) async fn follow(
    run: &Run,
    target: &Target,
    primary: &SecretState,
    credential: &Credential,
    key: &ApiKey,
    copy: &SecretSpec,
    endpoints: &Endpoints,
) -> Result<(), RotationError> {
    let Some(guard) = Guard::of_current(run, target, primary, &credential.id) else {
        return Ok(());
    };
    sync::check_signs_in_now(run, target, Some(endpoints), credential, key, copy).await?;
    write_copy(run, target, copy, credential, endpoints, &guard).await
}

/// Compare and swap: put the merged text under our own label, then move `AWSCURRENT` from the
/// version that was merged. What counts is where the label is, never the answer of a call.
pub(super) async fn write_copy(
    run: &Run,
    target: &Target,
    copy: &SecretSpec,
    credential: &Credential,
    endpoints: &Endpoints,
    guard: &Guard<'_>,
) -> Result<(), RotationError> {
    for _ in 0..ATTEMPTS {
        let state = SecretState::read(&run.secrets, copy).await?;
        let Some(held) = &state.current else {
            ensure_current(run, target, &state).await?;
            continue;
        };
        let wanted = held
            .document()
            .render(copy.format, credential, endpoints)
            .map_err(|source| RotationError::Render {
                secret: copy.name.clone(),
                source,
            })?;
        let unreadable = matches!(held.content, Content::Unreadable(_));
        if !unreadable && wanted == held.document() {
            return Ok(());
        }
        let arn = &state.description.arn;
        let token = Uuid::new_v4().to_string();
        let put = run
            .secrets
            .put(arn, &token, &wanted.to_text(), KEYWHEEL, None)
            .await?;
        guard.check().await?;
        let from = Some(held.version.as_str());
        let moving = run
            .secrets
            .move_label(arn, AWSCURRENT, from, Some(&token), guard.within())
            .await;
        if let Err(source) = &moving {
            let after = run.secrets.describe(arn).await?;
            let unmoved = after.is_staged(&held.version, AWSCURRENT);
            if unmoved && source.refused() {
                // Nobody was in the way: what was refused now will be refused again.
                return Err(RotationError::Promote {
                    secret: copy.name.clone(),
                    version: token,
                    source: source.clone(),
                });
            }
            if !after.is_staged(&token, AWSCURRENT) {
                continue;
            }
        }
        run.changed(
            target,
            &Change {
                what: "wrote copy",
                api_key: credential.id.as_ref(),
                subject: &copy.name,
                before: &held.version,
                after: &token,
                reason: "it differed from the primary",
                proof: "its key is the primary's to be, and AWSCURRENT moved from what was read",
                service_request_ids: &[&put, moving.as_deref().unwrap_or_default()],
            },
        );
        return Ok(());
    }
    Err(RotationError::Contended {
        secret: copy.name.clone(),
    })
}

pub(super) async fn read_back(
    run: &Run,
    target: &Target,
    credential: &Credential,
) -> Result<(), RotationError> {
    for copy in &target.copies {
        let state = SecretState::read(&run.secrets, copy).await?;
        if state
            .current_key()
            .is_none_or(|held| held.id != credential.id)
        {
            return Err(RotationError::ReadBack {
                secret: copy.name.clone(),
                api_key: credential.id.clone(),
            });
        }
    }
    Ok(())
}
