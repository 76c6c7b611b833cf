//! What can go wrong with a target, each with a stable kind that alarms match.

pub(super) mod kind;
mod remedy;

use std::{error::Error as StdError, sync::Arc};

use thiserror::Error;

use crate::{
    client_config::RenderError,
    confluent::{ApiKeyId, ConfluentError, CreateError},
    parameters::ParametersError,
    secrets::SecretsError,
    web_identity::WebIdentityError,
};

use super::{request::RequestError, target::TargetError};

/// Why an invocation, or one target of it, did not do its work.
#[derive(Debug, Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each variant's sentence says what its fields are"
)]
pub enum RotationError {
    #[error("the event is refused")]
    Request(#[from] RequestError),
    #[error("the target is refused")]
    Target(#[from] TargetError),
    #[error("the target's parameter is not of type `String`")]
    NotAString,
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    #[error(transparent)]
    WebIdentity(#[from] WebIdentityError),
    #[error(transparent)]
    Confluent(Arc<ConfluentError>),
    #[error(transparent)]
    Create(#[from] CreateError),
    #[error("the text of secret `{secret}` cannot be rendered")]
    Render {
        secret: String,
        #[source]
        source: RenderError,
    },
    #[error("secret `{secret}` holds no Cloud API key: {reason}")]
    CloudApiKey { secret: String, reason: String },
    #[error(
        "nothing was done, no Cloud API key signs in: AWSCURRENT of secret `{secret}` {current}, AWSPREVIOUS {previous}"
    )]
    CloudApiKeyRefused {
        secret: String,
        current: String,
        previous: String,
    },
    #[error(
        "this run is signed in with AWSPREVIOUS of secret `{secret}`, whose AWSCURRENT {why}: it mends that and nothing else"
    )]
    OnlyMends { secret: String, why: String },
    #[error(
        "API key `{api_key}` is held by {holders}, which have nothing to do with each other: what rotates it for one breaks the other; make a key of its own for one of them"
    )]
    SharedCloudApiKey { api_key: ApiKeyId, holders: String },
    #[error(
        "API key `{api_key}` cannot do Keywheel's work and is not published; the pending version stays and the next attempt goes on from there"
    )]
    Canary {
        api_key: ApiKeyId,
        #[source]
        source: Box<CanaryError>,
    },
    #[error(
        "API key `{api_key}` is not deleted: this run is not signed in with its successor `{successor}`"
    )]
    NotSuccessor {
        api_key: ApiKeyId,
        successor: ApiKeyId,
    },

    #[error(
        "secret `{secret}` does not exist; Keywheel fills secrets and never makes them: make it with Terraform or CloudFormation"
    )]
    MissingSecret {
        secret: String,
        #[source]
        source: SecretsError,
    },
    #[error("secret `{secret}` cannot be written: {reason}")]
    UnfitSecret { secret: String, reason: String },
    #[error("secret `{secret}` is named by targets {targets}; a secret belongs to one target")]
    SharedSecret { secret: String, targets: String },
    #[error(
        "a target without a team (its name has one segment) may name nothing where GRANTS_PATH is set: call it `<team>/{target}`"
    )]
    NoTeam { target: String },
    #[error("team `{team}` has no grant, so its targets may name nothing")]
    NoGrant { team: String },
    #[error("the grant of team `{team}` cannot be read: {reason}")]
    GrantUnreadable { team: String, reason: String },
    #[error("field `{field}`: team `{team}` has no grant for `{value}`")]
    NotGranted {
        team: String,
        field: String,
        value: String,
    },
    #[error("field `parameters.prefix`: `{name}` lies below `{path}`, which is Keywheel's own")]
    OwnPath { name: String, path: String },
    #[error("the target is {hold}: `hold` with `\"until\": \"now\"` ends that")]
    OnHold { hold: String },
    #[error(
        "it failed {failures} times in a row (last: {failure}), so scheduled runs leave it alone until {until}"
    )]
    BacksOff {
        failures: u32,
        failure: String,
        until: String,
    },
    #[error(
        "three calls in a row to Confluent Cloud failed, so the run ended for all that needs it; {waiting} targets wait for the next run; the last failure: {last}"
    )]
    Outage {
        waiting: usize,
        kind: &'static str,
        last: String,
    },
    #[error(
        "a rotation of secret `{secret}` is under way (a version is staged AWSPENDING): let it end first"
    )]
    RotationUnderWay { secret: String },
    #[error(
        "API key `{api_key}` in AWSCURRENT carries no marker of this target, so no sweep rotates it"
    )]
    Unmarked { api_key: ApiKeyId },
    #[error(
        "API key `{api_key}` carries no marker of a target: `\"unmanaged\": true` revokes it nevertheless"
    )]
    Unmanaged { api_key: ApiKeyId },
    #[error(
        "API key `{api_key}` is of target `{target}`, which is refused, so which secrets hold it is not known: mend the target first, or accept the outage by `\"unmanaged\": true` with `\"delete_first\": true`"
    )]
    HolderRefused { api_key: ApiKeyId, target: String },
    #[error(
        "API key `{api_key}` is the one that Keywheel signs in with, and no target's: give Keywheel another first"
    )]
    OwnKey { api_key: ApiKeyId },
    #[error(
        "API key `{api_key}` cannot be replaced before it is revoked, and no superseded key could make room: `\"delete_first\": true` revokes it at once and accepts the outage"
    )]
    NoRoom {
        api_key: ApiKeyId,
        #[source]
        source: Box<RotationError>,
    },
    #[error(
        "API key `{api_key}` is deleted and still not refused at `{resource}` ({answer}): ask again"
    )]
    StillSignsIn {
        api_key: ApiKeyId,
        resource: String,
        answer: String,
    },
    #[error(
        "no former key of secret `{secret}` can become current: none of ours that was published, lives, signs in and still stands in a version of it"
    )]
    NothingToRollBackTo { secret: String },
    #[error(
        "secret `{secret}` holds no API key in AWSCURRENT: a sweep restores or makes one first"
    )]
    NoCurrentKey { secret: String },
    #[error(
        "API key `{api_key}` carries a marker (`{description}`): it belongs to another target or deployment"
    )]
    MarkedByAnother {
        api_key: ApiKeyId,
        description: String,
    },
    #[error(
        "API key `{api_key}` is held by a secret of target `{target}` as well: it belongs to one target"
    )]
    HeldElsewhere { api_key: ApiKeyId, target: String },
    #[error("version `{version}` of secret `{secret}` cannot be read: {reason}")]
    Unreadable {
        secret: String,
        version: String,
        reason: String,
    },
    #[error(
        "API key `{api_key}` in secret `{secret}` belongs to `{owner}` and `{resource}`, the target names others: the target or the secret was edited; `rotate` by hand goes over to the target's"
    )]
    Edited {
        api_key: ApiKeyId,
        secret: String,
        owner: String,
        resource: String,
    },
    #[error(
        "current key not visible: API key `{api_key}` is not in the listing of its owner, yet not proved gone ({evidence})"
    )]
    NotVisible { api_key: ApiKeyId, evidence: String },

    #[error("no API key was made: {used} of {limit} are taken (quota `{quota}`); {candidates}")]
    Quota {
        quota: String,
        used: u32,
        limit: u32,
        candidates: String,
    },
    #[error("no API key was made: a quota is used up; {candidates}")]
    QuotaRefused {
        candidates: String,
        #[source]
        source: ConfluentError,
    },
    #[error("quota `{quota}` allows {limit} API keys, a rotation of this target needs {needed}")]
    QuotaTooSmall {
        quota: String,
        limit: u32,
        needed: u32,
    },
    #[error(
        "no API key was made: {live} keys of this target are published or staged (at most {retain} + 1 may be) and {losers} are neither (at most 2 may be); {why}"
    )]
    TooManyKeys {
        live: usize,
        losers: usize,
        retain: usize,
        why: String,
    },
    #[error(
        "version `{version}` of secret `{secret}` holds API key `{api_key}`, which is gone; nothing can be made under this token any more: AWSPENDING was taken off it"
    )]
    TokenSpent {
        secret: String,
        version: String,
        api_key: ApiKeyId,
    },
    #[error(
        "no API key was made: version `{version}` of secret `{secret}` is staged AWSPENDING and holds what is not this target's, or cannot be seen: take the label off it"
    )]
    PendingForeign { secret: String, version: String },
    #[error("API key `{api_key}` in version `{version}` is not visible yet")]
    NotVisibleYet { api_key: ApiKeyId, version: String },
    #[error(
        "AWSPENDING of secret `{secret}` has moved on from version `{version}`; API key `{api_key}`, made for it, was deleted"
    )]
    Overtaken {
        secret: String,
        version: String,
        api_key: ApiKeyId,
    },
    #[error("version `{version}` of secret `{secret}` holds no API key")]
    EmptyVersion { secret: String, version: String },
    #[error(
        "API key `{api_key}` in version `{version}` carries no marker of this deployment and target"
    )]
    Foreign { api_key: ApiKeyId, version: String },
    #[error("API key `{api_key}` was revoked and is never published")]
    Revoked { api_key: ApiKeyId },
    #[error("API key `{api_key}` is gone at Confluent")]
    Gone { api_key: ApiKeyId },
    #[error("API key `{api_key}` belongs to `{owner}` and `{resource}`, not to the target's")]
    Mismatch {
        api_key: ApiKeyId,
        owner: String,
        resource: String,
    },
    #[error("API key `{api_key}` is not in sync with `{resource}` {} s after it was made ({evidence}); the pending version stays and the next attempt goes on from there", .age.whole_seconds())]
    NotInSync {
        api_key: ApiKeyId,
        resource: String,
        age: time::Duration,
        evidence: String,
    },
    #[error(
        "secret `{secret}` was edited after version `{version}` was prepared; the next sweep discards that version and starts again"
    )]
    EditedMeanwhile { secret: String, version: String },
    #[error(
        "AWSCURRENT or AWSPENDING of secret `{secret}` moved while API key `{api_key}` was being published; nothing further was written"
    )]
    Moved { secret: String, api_key: ApiKeyId },
    #[error("AWSCURRENT of secret `{secret}` moved three times while it was being written")]
    Contended { secret: String },
    #[error("AWSCURRENT of secret `{secret}` could not be moved to version `{version}`")]
    Promote {
        secret: String,
        version: String,
        #[source]
        source: SecretsError,
    },
    #[error("secret `{secret}` does not hold API key `{api_key}` after it was written")]
    ReadBack { secret: String, api_key: ApiKeyId },
    #[error(
        "`published` could not be noted on API key `{api_key}` in time; the pending version stays and the next attempt goes on from there"
    )]
    NoteLate { api_key: ApiKeyId },
    #[error("the description of API key `{api_key}` is not what was written")]
    NoteNotKept { api_key: ApiKeyId },
    #[error("API key `{api_key}` carries no marker of this target any more: it stays")]
    NotOurs { api_key: ApiKeyId },
    #[error("API key `{api_key}` is still listed after its deletion; the next sweep tries again")]
    StillListed { api_key: ApiKeyId },
    #[error(
        "secret `{secret}` changed less than {settle} s ago, so API key `{api_key}` is not deleted yet"
    )]
    Unsettled {
        secret: String,
        api_key: ApiKeyId,
        settle: u64,
    },
    #[error("secret `{secret}` still holds API key `{api_key}`: it is not deleted")]
    StillHeld { secret: String, api_key: ApiKeyId },
    #[error("the successor of API key `{api_key}` does not sign in now: nothing is retired")]
    SuccessorUnproved { api_key: ApiKeyId },
    #[error(
        "`{resource}` cannot be reached: {reason}; that says nothing about the key, the pending version stays"
    )]
    Unreachable { resource: String, reason: String },
    #[error(
        "a key without any rights and a random key both get 403 at `{resource}` (a proxy or an IP filter?): the probe cannot tell whether a key is in sync"
    )]
    ProbeCannotTell { resource: String },
    #[error("API key `{api_key}` does not sign in now: secret `{secret}` is left as it is")]
    CurrentUnproved { api_key: ApiKeyId, secret: String },
    #[error("where `{resource}` is reached is not known")]
    NoEndpoints { resource: String },
    #[error(
        "reads of secret `{secret}` take longer than a sixth of SETTLE_SECONDS ({settle} s): nothing is moved on their word"
    )]
    SlowReads { secret: String, settle: u64 },
    #[error("the deadline is too near to begin")]
    Deadline,
    #[error("no further rotation begins: three failed after their API key was made")]
    StoppedEarly,

    #[error("rotation is not enabled for secret `{secret}`")]
    RotationDisabled { secret: String },
    #[error("version `{version}` is not a version of secret `{secret}`")]
    NoSuchVersion { secret: String, version: String },
    #[error("version `{version}` of secret `{secret}` is not staged AWSPENDING")]
    NotPending { secret: String, version: String },
    #[error("secret `{secret}` has no tag `keywheel:target`")]
    NoTag { secret: String },
    #[error("target `{target}` does not exist")]
    NoTarget { target: String },
    #[error("target `{target}` names `{primary}` as its primary secret, not `{secret}`")]
    NotPrimary {
        target: String,
        primary: String,
        secret: String,
    },
    #[error("target `{target}` is refused")]
    RefusedTarget {
        target: String,
        #[source]
        source: Box<RotationError>,
    },
    #[error("{text}")]
    Failures { text: String },
}

/// What a new Cloud API key could not do.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "each variant's sentence says what it is")]
pub enum CanaryError {
    #[error("it may not list its owner's keys")]
    List(#[source] ConfluentError),
    #[error("its listing of its owner's keys lacks itself")]
    Blind,
    #[error("three canaries are left behind; those that are an hour old go with the next sweep")]
    LeftBehind,
    #[error("it could not create a throw-away key")]
    Create(#[source] CreateError),
    #[error("it may not delete the throw-away key that it created")]
    MayNotDelete,
    #[error("it could not delete the throw-away key that it created")]
    Delete(#[source] ConfluentError),
}

impl From<ConfluentError> for RotationError {
    fn from(error: ConfluentError) -> Self {
        Self::Confluent(Arc::new(error))
    }
}

impl From<Arc<ConfluentError>> for RotationError {
    fn from(error: Arc<ConfluentError>) -> Self {
        Self::Confluent(error)
    }
}

/// An error and its causes in one line.
#[must_use]
pub fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
