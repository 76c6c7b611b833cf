//! What held a revoked key goes over to its successor.

use time::OffsetDateTime;

use crate::{
    confluent::Endpoints,
    rotation::{
        copies,
        create::{Creation, create, sweep_token},
        error::RotationError,
        observe::{Key, read_secrets},
        publish::publish,
        retire::{check_unheld, deleted},
        sync::{Patience, sync},
        target::SecretSpec,
        version::SecretState,
    },
};

use super::finish::{Haste, Revocation};

impl Revocation<'_> {
    /// A successor is published: the pending key if there is one, else a new one.
    pub(super) async fn replace(&mut self, primary: &SecretState) -> Result<(), RotationError> {
        let (run, target) = (self.run, self.target);
        let endpoints = run.endpoints(&target.resource).await?;
        let keys = run.keys_now(target).await?;
        let version = match self.ready(primary, &keys) {
            Some(version) => version,
            None => self.create(primary, &endpoints, &keys).await?,
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

    async fn create(
        &self,
        primary: &SecretState,
        endpoints: &Endpoints,
        keys: &[Key],
    ) -> Result<String, RotationError> {
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
            Err(full @ RotationError::Quota { .. }) => {
                self.make_room(keys, full).await?;
                Ok(create(run, &creation).await?.version)
            }
            made => Ok(made?.version),
        }
    }

    /// At full quota the oldest superseded key goes, whatever its grace; without one the leaked key
    /// itself, if the outage was accepted.
    async fn make_room(&self, keys: &[Key], full: RotationError) -> Result<(), RotationError> {
        let secrets = read_secrets(self.run, self.target).await?;
        let free = |key: &&Key| key.is_published() && check_unheld(&secrets, key.id()).is_ok();
        let oldest = keys
            .iter()
            .filter(free)
            .min_by_key(|key| key.published(OffsetDateTime::now_utc()));
        let (victim, reason) = match (oldest, self.haste) {
            (Some(key), _) => (
                key.id(),
                "the oldest superseded key makes room for a revoked one's successor",
            ),
            (None, Haste::Now { delete_first: true }) => (
                self.api_key,
                "`delete_first`: revoked before its successor was made",
            ),
            (None, _) => {
                return Err(RotationError::NoRoom {
                    api_key: self.api_key.clone(),
                    source: Box::new(full),
                });
            }
        };
        if victim != self.api_key {
            self.settle(&secrets).await?;
        }
        let done = self.run.confluent.delete_api_key(victim).await?;
        let target = self.target.name.as_str();
        deleted(self.run, target, victim, &done, reason);
        Ok(())
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
