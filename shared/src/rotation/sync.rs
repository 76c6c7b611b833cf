//! Sync: whether a new key signs in at its resource, in separate rounds.

mod judge;

use secrecy::SecretString;
use time::{Duration, OffsetDateTime};
use tokio::time::Instant;
use uuid::Uuid;

use crate::confluent::{ApiKey, Credential, Endpoints, SignIn};

pub(super) use self::judge::Answer;
use self::judge::{Round, judge};

use super::{
    error::RotationError,
    run::Run,
    target::{ProbeKind, SecretSpec, Target},
    version::{Content, Held, SecretState},
};

/// Gateways learn of a key unevenly, so one success is no proof.
const ROUNDS: u32 = 2;
/// After this age a probe that cannot tell is a failure of the target.
const MUST_TELL_AFTER: Duration = Duration::hours(1);
/// `probe: skip`: the key is taken to be known everywhere at this age.
const SKIP_AFTER: Duration = Duration::minutes(15);

/// How long a step waits for sync.
#[derive(Debug, Clone, Copy)]
pub(super) enum Patience {
    /// A sweep: a key that fails a round is left for the next one.
    Once,
    /// A callback: round after round until the deadline.
    UntilDeadline,
}

/// A key that has just signed in: the only way to [`super::publish::publish`].
#[derive(Debug)]
pub struct Synced {
    /// As GET by its id shows it, after the probe.
    pub(super) key: ApiKey,
    /// The version that holds it.
    pub(super) held: Held,
    /// For the report.
    pub(super) warning: Option<String>,
}

impl Synced {
    /// The key and its secret.
    pub(super) fn credential(&self) -> Result<&Credential, RotationError> {
        self.held.key().ok_or_else(|| RotationError::Gone {
            api_key: self.key.id.clone(),
        })
    }
}

/// Proves in this invocation that `version` holds a key of the target's owner and resource that
/// lives and signs in. The order is probe, then GET.
pub(super) async fn sync(
    run: &Run,
    target: &Target,
    endpoints: &Endpoints,
    primary: &SecretState,
    version: &str,
    patience: Patience,
) -> Result<Synced, RotationError> {
    let held = held_key(run, primary, version).await?;
    let Content::Key(_, credential) = &held.content else {
        return Err(empty(primary, version));
    };
    let current = primary.current_key().filter(|key| key.id != credential.id);
    // The version was made right after the key, and its date needs no call.
    let made = held.created;
    let warning = in_sync(run, target, endpoints, credential, made, current, patience).await?;
    let key = run.owned_key(target, &credential.id).await?;
    Ok(Synced { key, held, warning })
}

/// The version, when it holds a key.
pub(super) async fn held_key(
    run: &Run,
    primary: &SecretState,
    version: &str,
) -> Result<Held, RotationError> {
    let held = primary.version(&run.secrets, version).await?;
    match held {
        Some(held) if held.key().is_some() => Ok(held),
        Some(Held {
            content: Content::Unreadable(reason),
            ..
        }) => Err(RotationError::Unreadable {
            secret: primary.spec.name.clone(),
            version: version.to_owned(),
            reason,
        }),
        _ => Err(empty(primary, version)),
    }
}

fn empty(primary: &SecretState, version: &str) -> RotationError {
    RotationError::EmptyVersion {
        secret: primary.spec.name.clone(),
        version: version.to_owned(),
    }
}

/// Rounds until [`ROUNDS`] in a row succeed; a sentence for the report when they did so by 403.
pub(super) async fn in_sync(
    run: &Run,
    target: &Target,
    endpoints: &Endpoints,
    credential: &Credential,
    created_at: OffsetDateTime,
    current: Option<&Credential>,
    patience: Patience,
) -> Result<Option<String>, RotationError> {
    let age = || OffsetDateTime::now_utc() - created_at;
    let not_in_sync = |evidence: String| RotationError::NotInSync {
        api_key: credential.id.clone(),
        resource: target.resource.id.to_string(),
        age: age(),
        evidence,
    };
    if target.probe == ProbeKind::Skip {
        return if age() >= SKIP_AFTER {
            Ok(Some("published by its age: `probe` is `skip`".to_owned()))
        } else {
            Err(not_in_sync(
                "`probe` is `skip`, which waits 15 minutes".to_owned(),
            ))
        };
    }
    let mut passed = 0;
    loop {
        let asked = round(run, target, endpoints, credential, current, age());
        let asked = tokio::time::timeout_at(run.deadline, asked).await;
        let (round, evidence) =
            asked.unwrap_or_else(|_| (Round::NotYet, "no answer before the deadline".to_owned()));
        let is_last = Instant::now() + run.settings.probe_round_gap >= run.deadline;
        match round {
            Round::SignedIn | Round::SignedInForbidden => passed += 1,
            Round::CannotTell if age() > MUST_TELL_AFTER => {
                return Err(RotationError::ProbeCannotTell {
                    resource: target.resource.id.to_string(),
                });
            }
            Round::NotYet | Round::Unreachable | Round::CannotTell => {
                let nth = passed + 1;
                passed = 0;
                let gives_up = match patience {
                    Patience::Once => true,
                    Patience::UntilDeadline => is_last,
                };
                if gives_up && round == Round::Unreachable {
                    return Err(RotationError::Unreachable {
                        resource: target.resource.id.to_string(),
                        reason: evidence,
                    });
                }
                if gives_up {
                    return Err(not_in_sync(format!("{evidence} in round {nth}")));
                }
            }
        }
        if passed == ROUNDS {
            let forbidden = round == Round::SignedInForbidden;
            return Ok(forbidden
                .then(|| format!("API key `{}` signs in, is allowed nothing", credential.id)));
        }
        if is_last {
            return Err(not_in_sync(format!(
                "{evidence} in round {passed}, and no time is left for another"
            )));
        }
        tokio::time::sleep(run.settings.probe_round_gap).await;
    }
}

/// One round; control and current key are asked only where they matter.
async fn round(
    run: &Run,
    target: &Target,
    endpoints: &Endpoints,
    credential: &Credential,
    current: Option<&Credential>,
    age: Duration,
) -> (Round, String) {
    let new = sign_in(run, target, endpoints, credential).await;
    if new != Answer::Forbidden {
        let round = judge(&new, None, None, age);
        return (round, new.to_string());
    }
    let control = sign_in(run, target, endpoints, &stranger(credential)).await;
    let current = match current {
        Some(current) => Some(sign_in(run, target, endpoints, current).await),
        None => None,
    };
    let round = judge(&new, Some(&control), current.as_ref(), age);
    (round, format!("403, a random key got {control}"))
}

/// Credentials that nobody has.
fn stranger(like: &Credential) -> Credential {
    let random = || Uuid::new_v4().simple().to_string().to_uppercase();
    Credential {
        id: random()[..16].parse().unwrap_or_else(|_| like.id.clone()),
        secret: SecretString::from(random()),
    }
}

/// One sign-in over a fresh connection.
pub(super) async fn sign_in(
    run: &Run,
    target: &Target,
    endpoints: &Endpoints,
    credential: &Credential,
) -> Answer {
    match run
        .confluent
        .sign_in(endpoints, &target.resource, credential)
        .await
    {
        SignIn::Accepted => Answer::Accepted,
        SignIn::Refused => Answer::Refused,
        SignIn::Forbidden => Answer::Forbidden,
        SignIn::Unreachable(reason) => Answer::Unreachable(reason),
    }
}

/// Half of the evidence that a key is gone: 401 in every round. Else what it was told instead.
pub(super) async fn refused_twice(
    run: &Run,
    target: &Target,
    endpoints: &Endpoints,
    credential: &Credential,
) -> Result<(), Answer> {
    for round in 0..ROUNDS {
        if round > 0 {
            tokio::time::sleep(run.settings.probe_round_gap).await;
        }
        match sign_in(run, target, endpoints, credential).await {
            Answer::Refused => {}
            other => return Err(other),
        }
    }
    Ok(())
}

/// Whether a published key works at this moment; with `probe: skip` whether it is listed (the
/// caller has seen that).
pub(super) async fn signs_in_now(
    run: &Run,
    target: &Target,
    endpoints: Option<&Endpoints>,
    credential: &Credential,
    key: &ApiKey,
) -> bool {
    let answer = try_now(run, target, endpoints, credential, key).await;
    answer.is_ok_and(|signs_in| signs_in)
}

/// The same as an error, which says that `secret` is left as it is.
///
/// # Errors
/// [`RotationError::CurrentUnproved`].
pub(super) async fn check_signs_in_now(
    run: &Run,
    target: &Target,
    endpoints: Option<&Endpoints>,
    credential: &Credential,
    key: &ApiKey,
    secret: &SecretSpec,
) -> Result<(), RotationError> {
    if signs_in_now(run, target, endpoints, credential, key).await {
        return Ok(());
    }
    Err(RotationError::CurrentUnproved {
        api_key: credential.id.clone(),
        secret: secret.name.clone(),
    })
}

/// The same for whoever does something else instead: a resource that cannot be reached says
/// nothing about the key.
///
/// # Errors
/// [`RotationError::Unreachable`].
pub(super) async fn try_now(
    run: &Run,
    target: &Target,
    endpoints: Option<&Endpoints>,
    credential: &Credential,
    key: &ApiKey,
) -> Result<bool, RotationError> {
    if target.probe == ProbeKind::Skip {
        return Ok(true);
    }
    let Some(endpoints) = endpoints else {
        return Ok(false);
    };
    let age = OffsetDateTime::now_utc() - key.created_at;
    match round(run, target, endpoints, credential, None, age).await {
        (Round::SignedIn | Round::SignedInForbidden, _) => Ok(true),
        (Round::Unreachable, reason) => Err(RotationError::Unreachable {
            resource: target.resource.id.to_string(),
            reason,
        }),
        _ => Ok(false),
    }
}
