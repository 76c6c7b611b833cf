//! One target in the report: its status, its actions, its keys.

use serde::Serialize;

use super::{Action, RotationError};
use crate::{
    confluent::ApiKeyId,
    rotation::{error::chain, target::Life},
};

/// What became of a target: the first that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The target itself is wrong.
    Refused,
    /// Something did not work.
    Failed,
    /// The deadline came first, or the control plane failed.
    NotReached,
    /// Only repairs are made until the hold ends.
    OnHold,
    /// A key was made and published in this run.
    Rotated,
    /// An earlier pending key was published.
    Published,
    /// A key is pending and does not sign in everywhere yet.
    Syncing,
    /// A superseded key was deleted.
    Retired,
    /// All else.
    Kept,
}

impl Status {
    /// The word in the JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::NotReached => "not_reached",
            Self::OnHold => "on_hold",
            Self::Rotated => "rotated",
            Self::Published => "published",
            Self::Syncing => "syncing",
            Self::Retired => "retired",
            Self::Kept => "kept",
        }
    }
}

/// One target.
#[derive(Debug, Clone, Serialize)]
pub struct TargetReport {
    /// Its name; as it was found where it is no name.
    pub target: String,
    /// What became of it.
    pub status: Status,
    /// A sentence for people.
    pub summary: String,
    /// The key in `AWSCURRENT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// When the current key falls due, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_rotation_date: Option<String>,
    /// How long a key lives at least and at most, from its making to its retirement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_life_days: Option<Life>,
    /// After `adopt`: what makes Terraform forget the key without deleting it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terraform: Option<String>,
    /// What was done, or would be.
    pub actions: Vec<ActionReport>,
    /// After `check`: what is not in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// The keys of owner and resource.
    pub keys: Vec<KeyReport>,
    /// Sentences.
    pub warnings: Vec<String>,
    /// The kind of what went wrong.
    #[serde(skip)]
    pub(in super::super) error_kind: Option<&'static str>,
    /// What went wrong is the control plane's.
    #[serde(skip)]
    pub(in super::super) outage: bool,
    /// It failed in the run before, too.
    #[serde(skip)]
    pub(in super::super) failed_before: bool,
    /// It was left alone because it keeps failing.
    #[serde(skip)]
    pub(in super::super) backed_off: bool,
    /// The ARNs of its secrets, the primary first, where they were seen.
    #[serde(skip)]
    pub(in super::super) secrets: Vec<String>,
}

/// Something that is not in order, and what to do about it.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// A stable word.
    pub kind: &'static str,
    /// A sentence.
    pub problem: String,
    /// What a person does about it.
    pub remedy: &'static str,
    /// The target itself is wrong.
    #[serde(skip)]
    pub(in super::super) refused: bool,
    /// The control plane's own failure.
    #[serde(skip)]
    pub(in super::super) outage: bool,
}

impl Problem {
    pub(in super::super) fn of(error: &RotationError) -> Self {
        Self {
            kind: error.kind(),
            problem: chain(error),
            remedy: error.remedy(),
            refused: error.is_refusal(),
            outage: error.is_of_the_control_plane(),
        }
    }
}

/// One action.
#[derive(Debug, Clone, Serialize)]
pub struct ActionReport {
    /// Its name.
    pub action: &'static str,
    /// The key it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<String>,
    /// The secret it writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The parameter it writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Why.
    pub reason: String,
    /// Whether it was carried out, whole.
    pub done: bool,
}

impl ActionReport {
    /// A key that is not revoked yet.
    pub(in super::super) fn of_revoked(api_key: &ApiKeyId) -> Self {
        let api_key = api_key.clone();
        Self::new(&Action::Revoke { api_key }, "by hand")
    }

    /// A parameter that is not written yet.
    pub(in super::super) fn of_parameter(name: &str, reason: &str) -> Self {
        let parameter = name.to_owned();
        Self::new(
            &Action::PutParameter {
                index: 0,
                parameter,
            },
            reason,
        )
    }

    /// An action that is not done yet.
    #[must_use]
    pub fn new(action: &Action, reason: &str) -> Self {
        let (mut secret, mut parameter) = (None, None);
        let (action, api_key) = match action {
            Action::Restore { api_key, .. } => ("restore", Some(api_key)),
            Action::Resume { api_key, .. } => ("resume", Some(api_key)),
            Action::Discard { api_key, .. } => ("discard", api_key.as_ref()),
            Action::Rewrite { secret: name, .. } => {
                secret = Some(name.clone());
                ("rewrite", None)
            }
            Action::Renote { api_key } => ("rewrite", Some(api_key)),
            Action::Bootstrap => ("bootstrap", None),
            Action::Rotate { .. } => ("rotate", None),
            Action::Already { api_key } => ("already", Some(api_key)),
            Action::Retire { api_key } => ("retire", Some(api_key)),
            Action::Orphan { api_key } => ("orphan", Some(api_key)),
            Action::Rollback { api_key, .. } => ("rollback", Some(api_key)),
            Action::Adopt { api_key, .. } => ("adopt", Some(api_key)),
            Action::DropPending { api_key, .. } => ("discard", Some(api_key)),
            Action::Strip { api_key } => ("release", Some(api_key)),
            Action::Revoke { api_key } => ("revoke", Some(api_key)),
            Action::PutParameter {
                parameter: name, ..
            } => {
                parameter = Some(name.clone());
                ("put_parameter", None)
            }
        };
        Self {
            action,
            api_key: api_key.map(ToString::to_string),
            secret,
            parameter,
            reason: reason.to_owned(),
            done: false,
        }
    }
}

/// One key.
#[derive(Debug, Clone, Serialize)]
pub struct KeyReport {
    /// Its id.
    pub api_key: String,
    /// Where it stands in the cycle.
    pub state: KeyState,
    /// When Confluent made it, RFC 3339.
    pub created: String,
    /// When its publish last began, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// When its grace ends, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retire_not_before: Option<String>,
    /// The rule that keeps a superseded key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_because: Option<String>,
}

/// Where a key stands in the cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Made, not published.
    Pending,
    /// In `AWSCURRENT`.
    Current,
    /// Published, and another is current.
    Superseded,
    /// Ours, and in no version.
    Orphan,
    /// Not ours: never deleted.
    Foreign,
    /// Deleted in this run.
    Retired,
}

impl TargetReport {
    /// A target of which nothing but its problem is known.
    #[must_use]
    pub(in super::super) fn problem(target: String, status: Status, error: &RotationError) -> Self {
        Self {
            error_kind: Some(error.kind()),
            outage: error.is_of_the_control_plane(),
            ..Self::new(target, status, chain(error))
        }
    }

    /// A target of which only this is told.
    pub(in super::super) fn new(target: String, status: Status, summary: String) -> Self {
        Self {
            target,
            status,
            summary,
            current: None,
            next_rotation_date: None,
            key_life_days: None,
            terraform: None,
            actions: Vec::new(),
            problems: Vec::new(),
            keys: Vec::new(),
            warnings: Vec::new(),
            error_kind: None,
            outage: false,
            failed_before: false,
            backed_off: false,
            secrets: Vec::new(),
        }
    }

    /// A sentence from what was done.
    #[must_use]
    pub fn summarize(&self, acts: bool) -> String {
        let parameters = |action: &&ActionReport| action.action == "put_parameter";
        let many = self.actions.iter().filter(parameters).count();
        let mut words: Vec<_> = self
            .actions
            .iter()
            .filter(|action| many < 3 || !parameters(action))
            .map(|action| {
                let subject = [&action.api_key, &action.secret, &action.parameter]
                    .into_iter()
                    .flatten()
                    .map(|subject| format!(" `{subject}`"))
                    .collect::<String>();
                let state = match (acts, action.done) {
                    (false, _) => "would ",
                    (true, true) => "",
                    (true, false) => "not finished: ",
                };
                format!("{state}{}{subject} ({})", action.action, action.reason)
            })
            .collect();
        if many >= 3 {
            let state = if acts { "put" } else { "would put" };
            words.push(format!("{state} {many} client parameters"));
        }
        match (words.is_empty(), &self.current) {
            (false, _) => words.join("; "),
            (true, Some(current)) => format!("API key `{current}` is current; nothing to do"),
            (true, None) => "nothing to do".to_owned(),
        }
    }
}
