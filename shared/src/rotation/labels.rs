//! Labels that both drivers move whatever they are about: no version is left without the one it needs.

use uuid::Uuid;

use crate::{
    client_config::Document,
    secrets::{AWSCURRENT, AWSPENDING, KEYWHEEL},
};

use super::{
    error::RotationError,
    run::{Change, Run},
    target::Target,
    version::SecretState,
};

/// Takes `AWSPENDING` off a version.
pub(super) async fn take_off_pending(
    run: &Run,
    target: &Target,
    primary: &SecretState,
    version: &str,
    reason: &str,
) -> Result<(), RotationError> {
    let arn = &primary.description.arn;
    let within = run.settings.settle / 3;
    let taken = run
        .secrets
        .move_label(arn, AWSPENDING, Some(version), None, within)
        .await;
    let request_id = match taken {
        Ok(request_id) => request_id,
        // Another run may have been first: what counts is where the label is.
        Err(error) => {
            let now = run.secrets.describe(arn).await?;
            return if now.is_staged(version, AWSPENDING) {
                Err(error.into())
            } else {
                Ok(())
            };
        }
    };
    run.changed(
        target,
        &Change {
            what: "took AWSPENDING off a version of",
            subject: &target.secret.name,
            before: version,
            reason,
            service_request_ids: &[&request_id],
            ..Change::default()
        },
    );
    Ok(())
}

/// The first version of a secret becomes AWSCURRENT whatever label is asked for, so an empty
/// object goes first: every format reads it as "no key yet".
pub(super) async fn ensure_current(
    run: &Run,
    target: &Target,
    secret: &SecretState,
) -> Result<(), RotationError> {
    if secret.staged(AWSCURRENT).is_some() {
        return Ok(());
    }
    let arn = &secret.description.arn;
    let token = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{arn}{{}}").as_bytes()).to_string();
    let text = Document::empty().to_text();
    let put = run.secrets.put(arn, &token, &text, KEYWHEEL, None).await?;
    let is_staged = async || {
        let now = run.secrets.describe(arn).await?;
        Ok::<_, RotationError>(now.staged(AWSCURRENT).is_some())
    };
    if !is_staged().await? {
        let within = run.settings.settle / 3;
        let moving = run
            .secrets
            .move_label(arn, AWSCURRENT, None, Some(&token), within)
            .await;
        if let Err(error) = moving
            && !is_staged().await?
        {
            return Err(error.into());
        }
    }
    run.changed(
        target,
        &Change {
            what: "put an empty value into",
            subject: &secret.spec.name,
            after: &token,
            reason: "nothing was staged AWSCURRENT",
            service_request_ids: &[&put],
            ..Change::default()
        },
    );
    Ok(())
}
