//! What held a revoked key goes over to its successor.

use time::OffsetDateTime;

use crate::{
    confluent::{ApiKeyId, Endpoints},
    rotation::{
        copies,
        create::{Creation, create, sweep_token},
        error::RotationError,
        labels::take_off_pending,
        observe::{Key, read_secrets},
        publish::publish,
        retire::{check_settled, check_unheld, deleted},
        sync::{Patience, sync},
        target::SecretSpec,
        version::SecretState,
    },
};

use super::finish::{Haste, Revocation};

impl Revocation<'_> {
    /// A successor is published: the pending key if there is one, else a new one. Nothing is done when
    /// AWSCURRENT has left the leaked key meanwhile.
    pub(super) async fn replace(&mut self, primary: &SecretState) -> Result<(), RotationError> {
        let (run, target) = (self.run, self.target);
        let endpoints = run.endpoints(&target.resource).await?;
        let keys = run.keys_now(target).await?;
        if let Some(version) = revoked_pending(primary, &keys) {
            let reason = "its key was revoked";
            take_off_pending(run, target, primary, version, reason).await?;
        }
        let version = match self.ready(primary, &keys) {
            Some(version) => Some(version),
            None => self.create(primary, &endpoints, &keys).await?,
        };
        let Some(version) = version else {
            return Ok(());
        };
        let patience = match self.haste {
            Haste::Later => Patience::Once,
            Haste::Now { .. } => Patience::UntilDeadline,
        };
        let synced = sync(run, target, &endpoints, primary, &version, patience).await?;
        let published = publish(run, target, &endpoints, synced).await?;
        self.successor = Some(published.key().clone());
        self.change(target.secrets().map(|secret| secret.name.as_str()));
        Ok(())
    }

    /// A pending key of ours that may still be published.
    fn ready(&self, primary: &SecretState, keys: &[Key]) -> Option<String> {
        let pending = primary.pending.as_ref()?;
        let id = &pending.key()?.id;
        let key = keys.iter().find(|key| key.id() == id)?;
        let usable = key.marker.is_some() && !key.is_revoked();
        usable.then(|| pending.version.clone())
    }

    /// The version of a new key; none when there is nothing to replace any more.
    async fn create(
        &self,
        primary: &SecretState,
        endpoints: &Endpoints,
        keys: &[Key],
    ) -> Result<Option<String>, RotationError> {
        let (run, target) = (self.run, self.target);
        let token = sweep_token(run, target, &primary.description.arn).await?;
        let creation = Creation {
            target,
            endpoints,
            keys,
            token: &token,
            rotation_token: None,
            forced: true,
            follows_pending: true,
            reason: "the current key was revoked",
        };
        match create(run, &creation).await {
            Err(full @ (RotationError::Quota { .. } | RotationError::QuotaRefused { .. })) => {
                match self.make_room(keys, full).await? {
                    true => Ok(Some(create(run, &creation).await?.version)),
                    false => Ok(None),
                }
            }
            made => Ok(Some(made?.version)),
        }
    }

    /// At full quota the oldest superseded key goes, whatever its grace; without one the leaked key
    /// itself, if the outage was accepted. Whether a successor is still wanted: a label may move while
    /// this waits.
    async fn make_room(&self, keys: &[Key], full: RotationError) -> Result<bool, RotationError> {
        let (run, target, leaked) = (self.run, self.target, self.api_key);
        let secrets = read_secrets(run, target).await?;
        let waited = spare(&secrets, keys, leaked).is_some();
        if waited {
            self.settle(&secrets).await?;
        }
        // What was seen before the wait is no ground to delete.
        let (secrets, keys) =
            futures_util::future::try_join(read_secrets(run, target), run.keys_now(target)).await?;
        if secrets[0]
            .current_key()
            .is_none_or(|held| held.id != *leaked)
        {
            return Ok(false);
        }
        check_anchor(&secrets[0], &keys)?;
        let spare = spare(&secrets, &keys, leaked).filter(|_| waited);
        let (victim, reason) = match (spare, self.haste) {
            (Some(victim), _) => {
                for secret in &secrets {
                    check_settled(run, secret, victim)?;
                }
                (
                    victim,
                    "the oldest superseded key makes room for a revoked one's successor",
                )
            }
            (None, Haste::Now { delete_first: true }) => (
                leaked,
                "`delete_first`: revoked before its successor was made",
            ),
            (None, _) => {
                return Err(RotationError::NoRoom {
                    api_key: leaked.clone(),
                    source: Box::new(full),
                });
            }
        };
        let done = run.confluent.delete_api_key(victim).await?;
        deleted(run, target.name.as_str(), victim, &done, reason);
        Ok(true)
    }

    /// The copy goes over to the primary's key.
    pub(super) async fn rewrite(
        &mut self,
        primary: &SecretState,
        copy: &SecretSpec,
    ) -> Result<(), RotationError> {
        let (run, target) = (self.run, self.target);
        let Some(credential) = primary.current_key() else {
            return Err(RotationError::NoCurrentKey {
                secret: target.secret.name.clone(),
            });
        };
        let endpoints = run.endpoints(&target.resource).await?;
        let key = run.owned_key(target, &credential.id).await?;
        copies::follow(run, target, primary, credential, &key, copy, &endpoints).await?;
        self.change([copy.name.as_str()]);
        Ok(())
    }

    fn change<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        for name in names {
            if !self.changed.iter().any(|known| known == name) {
                self.changed.push(name.to_owned());
            }
        }
    }
}

/// The pending version whose key was revoked, too: nothing may follow it.
fn revoked_pending<'p>(primary: &'p SecretState, keys: &[Key]) -> Option<&'p str> {
    let pending = primary.pending.as_ref()?;
    let id = &pending.key()?.id;
    let revoked = keys.iter().any(|key| key.id() == id && key.is_revoked());
    revoked.then_some(pending.version.as_str())
}

/// The oldest superseded key: published, ours by its marker, and staged nowhere.
fn spare<'k>(secrets: &[SecretState], keys: &'k [Key], leaked: &ApiKeyId) -> Option<&'k ApiKeyId> {
    let free = |key: &&Key| {
        key.is_published() && key.id() != leaked && check_unheld(secrets, key.id()).is_ok()
    };
    let oldest = keys
        .iter()
        .filter(free)
        .min_by_key(|key| key.published(OffsetDateTime::now_utc()));
    oldest.map(Key::id)
}

/// A listing without the key in AWSCURRENT is none to delete by.
pub(super) fn check_anchor(primary: &SecretState, keys: &[Key]) -> Result<(), RotationError> {
    match primary.current_key() {
        Some(anchor) if keys.iter().all(|key| *key.id() != anchor.id) => {
            Err(RotationError::NotVisible {
                api_key: anchor.id.clone(),
                evidence: "no deletion goes by such a listing".to_owned(),
            })
        }
        _ => Ok(()),
    }
}
