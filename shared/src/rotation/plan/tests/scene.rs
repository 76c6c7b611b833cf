//! A healthy target, to change one thing of.

use std::collections::{BTreeMap, BTreeSet};

use time::macros::datetime;

use super::super::*;
use crate::{
    client_config::Document,
    confluent::{ApiKey, Credential, Endpoints},
    rotation::{
        marker::{Deployment, Marker, Note},
        observe::Key,
        target::SecretSpec,
        version::SecretState,
    },
    secrets::{AWSCURRENT, AWSPENDING, Description},
};

pub(super) const NOW: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);

/// A target, what is seen of it, and what is wished.
pub(super) struct Scene {
    pub(super) target: Target,
    pub(super) seen: Observation,
    pub(super) wish: Wish,
}

pub(super) fn deployment() -> Deployment {
    Deployment {
        account: "123456789012".into(),
        region: "us-east-1".into(),
        name: "default".into(),
    }
}

pub(super) fn credential(id: &str) -> Credential {
    Credential {
        id: id.parse().unwrap(),
        secret: format!("secret-of-{id}").into(),
    }
}

pub(super) fn endpoints() -> Endpoints {
    Endpoints::Kafka {
        bootstrap_servers: "pkc-1.example.com:9092".into(),
        rest: "https://pkc-1.example.com".parse().unwrap(),
    }
}

impl Scene {
    /// Key `CURRENT`, 10 days old, published, in the primary (version `v1`) and in one copy.
    pub(super) fn healthy() -> Self {
        let target = Target::parse(
            "payments/orders".parse().unwrap(),
            r#"{"owner": "sa-1", "resource": {"id": "lkc-1", "environment": "env-1"}, "probe": "rest",
                "secret": {"name": "/p/java", "formats": ["java"]},
                "copies": [{"name": "/p/python", "formats": ["librdkafka"]}]}"#,
        )
        .unwrap();
        let made = NOW - Duration::days(10);
        let mut scene = Self {
            seen: Observation {
                primary: state(&target.secret, "v1", made),
                copies: vec![state(&target.copies[0], "c1", made)],
                keys: Vec::new(),
                endpoints: Ok(endpoints()),
                current: Some(Whereabouts::Live),
                pending: None,
                pending_refused: false,
                restorable: None,
                signed_in_with: None,
                untried: None,
                staged: BTreeSet::new(),
                parameters: Ok(Vec::new()),
                now: NOW,
            },
            wish: Wish {
                settle: Duration::minutes(1),
                task: Task::Sweep,
            },
            target,
        };
        scene.key("CURRENT", Duration::days(10), Some(Note::At(made)));
        scene.stage("CURRENT");
        scene
    }

    /// Adds a key of the target.
    pub(super) fn key(&mut self, id: &str, age: Duration, published: Option<Note>) -> &mut Key {
        let mut marker = Marker::new(&deployment(), &self.target.name, &format!("token-{id}"));
        marker.published = published;
        self.seen.keys.push(Key {
            api_key: ApiKey {
                id: id.parse().unwrap(),
                owner: Some("sa-1".into()),
                resource: Some("lkc-1".into()),
                display_name: String::new(),
                description: marker.to_string(),
                created_at: NOW - age,
            },
            of_another_target: false,
            marker: Some(marker),
        });
        self.seen.keys.last_mut().unwrap()
    }

    /// Puts a key into the current version of every secret.
    pub(super) fn stage(&mut self, id: &str) {
        let states = std::iter::once(&mut self.seen.primary).chain(&mut self.seen.copies);
        for state in states {
            let credential = credential(id);
            let document = Document::empty()
                .render(state.spec.format, &credential, &endpoints())
                .unwrap();
            state.current.as_mut().unwrap().content = Content::Key(document, credential);
        }
        self.seen.staged = [id.parse().unwrap()].into();
    }

    /// Puts a key into a pending version made `age` ago.
    pub(super) fn pend(&mut self, id: &str, age: Duration) {
        let held = self.seen.primary.current.clone().unwrap();
        let credential = credential(id);
        let document = held
            .document()
            .render(self.target.secret.format, &credential, &endpoints())
            .unwrap();
        let labels = [AWSPENDING.to_owned()].into();
        self.seen
            .primary
            .description
            .versions
            .insert("v2".into(), labels);
        self.seen.primary.pending = Some(Held {
            version: "v2".into(),
            created: NOW - age,
            content: Content::Key(document, credential),
        });
        self.seen.pending = Some(Whereabouts::Live);
        self.seen.staged.insert(id.parse().unwrap());
    }

    pub(super) fn age(&mut self, id: &str, age: Duration) {
        let key = self
            .seen
            .keys
            .iter_mut()
            .find(|key| key.id().as_str() == id);
        key.unwrap().api_key.created_at = NOW - age;
    }

    pub(super) fn plan(&self) -> Plan {
        plan(&self.target, &self.seen, &self.wish)
    }

    /// The actions in words.
    pub(super) fn actions(&self) -> Vec<String> {
        let actions = self.plan().actions.into_iter();
        actions
            .map(|Planned { action, reason }| match action {
                Action::Restore { api_key, .. } => format!("restore {api_key}: {reason}"),
                Action::Resume { api_key, .. } => format!("resume {api_key}: {reason}"),
                Action::Discard { version, .. } => format!("discard {version}: {reason}"),
                Action::Rewrite { secret, .. } => format!("rewrite {secret}: {reason}"),
                Action::Renote { api_key } => format!("renote {api_key}: {reason}"),
                Action::Bootstrap => format!("bootstrap: {reason}"),
                Action::Rotate { forced } => {
                    format!("rotate{}: {reason}", if forced { " forced" } else { "" })
                }
                Action::Already { api_key } => format!("already {api_key}: {reason}"),
                Action::Retire { api_key } => format!("retire {api_key}: {reason}"),
                Action::Orphan { api_key } => format!("orphan {api_key}: {reason}"),
                Action::Rollback { api_key, .. } => format!("rollback {api_key}: {reason}"),
                Action::Adopt { api_key, .. } => format!("adopt {api_key}: {reason}"),
                Action::DropPending { api_key, .. } => format!("drop {api_key}: {reason}"),
                Action::Strip { api_key } => format!("strip {api_key}: {reason}"),
                Action::Revoke { api_key } => format!("revoke {api_key}: {reason}"),
                Action::PutParameter { parameter, .. } => {
                    format!("put_parameter {parameter}: {reason}")
                }
            })
            .collect()
    }

    /// Why superseded keys stay.
    pub(super) fn kept(&self) -> Vec<String> {
        let kept = self.plan().kept.into_iter();
        kept.map(|kept| {
            format!(
                "{}: {}",
                kept.api_key,
                kept.because.unwrap_or("goes".into())
            )
        })
        .collect()
    }

    pub(super) fn problem(&self) -> String {
        self.plan()
            .problem
            .map(|problem| problem.to_string())
            .unwrap_or_default()
    }
}

pub(super) fn state(spec: &SecretSpec, version: &str, created: OffsetDateTime) -> SecretState {
    SecretState {
        spec: spec.clone(),
        description: Description {
            arn: format!(
                "arn:aws:secretsmanager:us-east-1:123456789012:secret:{}-AbCdEf",
                spec.name
            ),
            name: spec.name.clone(),
            last_changed: Some(created),
            versions: BTreeMap::from([(version.to_owned(), [AWSCURRENT.to_owned()].into())]),
            ..Description::default()
        },
        current: Some(Held {
            version: version.to_owned(),
            created,
            content: Content::NoKey(Document::empty()),
        }),
        pending: None,
    }
}

pub(super) const DAY: Duration = Duration::days(1);

pub(super) fn at(age: Duration) -> Option<Note> {
    Some(Note::At(NOW - age))
}
