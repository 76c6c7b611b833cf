//! From a note to a key that is refused: act on what the key is now, until it is nowhere.

use time::OffsetDateTime;
use tokio::time::Instant;

use crate::{
    confluent::{ApiKeyId, Credential},
    rotation::{
        error::RotationError,
        labels::take_off_pending,
        marker::{Marker, Note, rfc3339},
        observe::read_secrets,
        publish::write_marker,
        retire::{await_settled, check_settled, check_unheld, deleted},
        run::Run,
        sync::{self},
        target::{ProbeKind, Target},
        version::{Held, SecretState},
    },
};

use super::replace::check_anchor;

/// A key moves from pending or current to a copy to nowhere; more turns mean that somebody keeps
/// putting it back.
const TURNS: usize = 6;

/// How long a run may wait.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Haste {
    /// A sweep: what is not ready is left for the next run.
    Later,
    /// By hand: within the deadline.
    Now {
        /// Where no successor can be made, at full quota or for want of a secret, the leaked key goes
        /// at once.
        delete_first: bool,
    },
}

/// A key that is refused at its resource, or, where nothing may be asked there, in no listing.
#[derive(Debug)]
pub(in super::super) struct Revoked {
    /// The key that is current now, when one was published for it.
    pub(in super::super) successor: Option<ApiKeyId>,
    changed: Vec<String>,
    proved: bool,
    at: OffsetDateTime,
}

impl Revoked {
    /// When it was refused, and which secrets changed.
    pub(super) fn sentence(&self, api_key: &ApiKeyId, target: &Target) -> String {
        let at = rfc3339(self.at);
        let end = match self.proved {
            true => format!("is refused at `{}` since {at}", target.resource.id),
            false => format!("is in no listing since {at}"),
        };
        let changed: Vec<_> = self
            .changed
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        match changed.is_empty() {
            true => format!("API key `{api_key}` {end}; no secret changed"),
            false => format!("API key `{api_key}` {end}; changed: {}", changed.join(", ")),
        }
    }
}

/// Revokes a key that carries its note. May be repeated at any point, and by any run.
pub(in super::super) async fn finish(
    run: &Run,
    target: &Target,
    api_key: &ApiKeyId,
    haste: Haste,
) -> Result<Revoked, RotationError> {
    let mut revocation = Revocation {
        run,
        target,
        api_key,
        haste,
        credential: None,
        successor: None,
        changed: Vec::new(),
    };
    for _ in 0..TURNS {
        run.check_deadline()?;
        if revocation.turn().await? {
            let proved = revocation.prove().await?;
            return Ok(Revoked {
                successor: revocation.successor,
                changed: revocation.changed,
                proved,
                at: OffsetDateTime::now_utc(),
            });
        }
    }
    Err(RotationError::Contended {
        secret: target.secret.name.clone(),
    })
}

pub(super) struct Revocation<'a> {
    pub(super) run: &'a Run,
    pub(super) target: &'a Target,
    pub(super) api_key: &'a ApiKeyId,
    pub(super) haste: Haste,
    /// With it the end can be proved at the resource.
    credential: Option<Credential>,
    pub(super) successor: Option<ApiKeyId>,
    pub(super) changed: Vec<String>,
}

impl Revocation<'_> {
    /// Takes the key one place further; whether it is deleted.
    async fn turn(&mut self) -> Result<bool, RotationError> {
        let (run, target) = (self.run, self.target);
        let secrets = match (read_secrets(run, target).await, self.haste) {
            // No successor could be stored.
            (Err(RotationError::MissingSecret { .. }), Haste::Now { delete_first: true }) => {
                let reason = "`delete_first`: a secret of its target does not exist";
                self.delete_now(None, reason).await?;
                return Ok(true);
            }
            (secrets, _) => secrets?,
        };
        self.remember(&secrets).await?;
        let primary = &secrets[0];
        let holds = |held: &Option<Held>| {
            let key = held.as_ref().and_then(Held::key);
            key.is_some_and(|key| key.id == *self.api_key)
        };
        if holds(&primary.current) {
            self.replace(primary).await?;
            return Ok(false);
        }
        if let Some(pending) = primary.pending.as_ref().filter(|_| holds(&primary.pending)) {
            let reason = "its key was revoked";
            take_off_pending(run, target, primary, &pending.version, reason).await?;
            self.settle(&secrets).await?;
            self.note_again().await?;
            return Ok(false);
        }
        let mut copies = secrets.iter().zip(target.secrets()).skip(1);
        if let Some((_, copy)) = copies.find(|(copy, _)| copy.keys().contains(self.api_key)) {
            self.rewrite(primary, copy).await?;
            return Ok(false);
        }
        self.settle(&secrets).await?;
        self.delete().await?;
        Ok(true)
    }

    /// Keeps the secret of the key, from wherever a version still holds it.
    async fn remember(&mut self, secrets: &[SecretState]) -> Result<(), RotationError> {
        let own = |held: &Held| held.key().filter(|key| key.id == *self.api_key).cloned();
        let staged = secrets
            .iter()
            .flat_map(|secret| [&secret.current, &secret.pending]);
        let mut found = staged.flatten().find_map(own);
        if found.is_none() && self.credential.is_none() {
            let key = self.run.confluent.get_api_key(self.api_key).await?;
            if let Some(marker) = key.and_then(|key| Marker::parse(&key.description)) {
                let held = secrets[0].version(&self.run.secrets, &marker.token).await?;
                found = held.as_ref().and_then(own);
            }
        }
        self.credential = found.or(self.credential.take());
        Ok(())
    }

    pub(super) async fn settle(&self, secrets: &[SecretState]) -> Result<(), RotationError> {
        match self.haste {
            Haste::Now { .. } => await_settled(self.run, self.target, self.api_key).await,
            Haste::Later => secrets
                .iter()
                .try_for_each(|secret| check_settled(self.run, secret, self.api_key)),
        }
    }

    /// The last writer of a description wins: a late publish may have written over the note.
    async fn note_again(&self) -> Result<(), RotationError> {
        let Some(key) = self.run.confluent.get_api_key(self.api_key).await? else {
            return Ok(());
        };
        match Marker::parse(&key.description) {
            Some(marker) if marker.revoked.is_none() => {
                let revoked = Some(Note::At(OffsetDateTime::now_utc()));
                let marker = Marker { revoked, ..marker };
                let reason = "its note was lost";
                write_marker(self.run, self.target, self.api_key, &marker, reason).await
            }
            _ => Ok(()),
        }
    }

    /// All secrets are read once more; a complete listing that lacks the key, and has the one in
    /// AWSCURRENT, is the proof.
    async fn delete(&self) -> Result<(), RotationError> {
        let (run, target) = (self.run, self.target);
        let secrets = read_secrets(run, target).await?;
        check_unheld(&secrets, self.api_key)?;
        for secret in &secrets {
            check_settled(run, secret, self.api_key)?;
        }
        self.delete_now(Some(&secrets[0]), "revoked").await
    }

    async fn delete_now(
        &self,
        primary: Option<&SecretState>,
        reason: &str,
    ) -> Result<(), RotationError> {
        let (run, target) = (self.run, self.target);
        let done = run.confluent.delete_api_key(self.api_key).await?;
        let listed = run.keys_now(target).await?;
        if listed.iter().any(|key| key.id() == self.api_key) {
            return Err(RotationError::StillListed {
                api_key: self.api_key.clone(),
            });
        }
        if let Some(primary) = primary {
            check_anchor(primary, &listed)?;
        }
        deleted(run, target.name.as_str(), self.api_key, &done, reason);
        Ok(())
    }

    /// By hand: waits until the key is refused at its resource; whether that was asked.
    async fn prove(&self) -> Result<bool, RotationError> {
        let (run, target) = (self.run, self.target);
        let (Some(credential), ProbeKind::Rest, Haste::Now { .. }) =
            (&self.credential, target.probe, self.haste)
        else {
            return Ok(false);
        };
        let endpoints = run.endpoints(&target.resource).await?;
        loop {
            match sync::refused_twice(run, target, &endpoints, credential).await {
                Ok(()) => return Ok(true),
                Err(_) if Instant::now() + run.settings.probe_round_gap < run.deadline => {
                    tokio::time::sleep(run.settings.probe_round_gap).await;
                }
                Err(answer) => {
                    return Err(RotationError::StillSignsIn {
                        api_key: self.api_key.clone(),
                        resource: target.resource.id.to_string(),
                        answer: answer.to_string(),
                    });
                }
            }
        }
    }
}
