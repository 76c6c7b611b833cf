//! From small organizations to what is said of them.
#![allow(clippy::unwrap_used)]

mod keys;
mod proposals;
mod secrets;

use std::collections::{BTreeSet, HashSet};

use serde_json::json;
use time::macros::datetime;

use super::{
    decide::decide,
    findings::Discovered,
    look::{Content, Found, Named, Seen, content},
};
use crate::{
    confluent::ApiKey,
    rotation::{marker::Deployment, target::Target},
    secrets::Listed,
};

/// Ids as Confluent makes them.
const K1: &str = "AAAAAAAAAAAAAAA1";
const K2: &str = "AAAAAAAAAAAAAAA2";
const K3: &str = "AAAAAAAAAAAAAAA3";
/// In no listing.
const GONE: &str = "ZZZZZZZZZZZZZZZ9";

/// An organization with a Kafka cluster and a Schema Registry, to put keys and secrets into.
struct Scene(Found);

impl Scene {
    fn new() -> Self {
        let clusters = ["lkc-1", "lkc-2", "lsrc-1"];
        let clusters = clusters.map(|id| (id.parse().unwrap(), "env-1".parse().unwrap()));
        Self(Found {
            keys: Vec::new(),
            clusters: clusters.into(),
            secrets: Vec::new(),
            targets: Vec::new(),
            deployment: Deployment {
                account: "123456789012".into(),
                region: "us-east-1".into(),
                name: "default".into(),
            },
            targets_path: "/keywheel/targets".into(),
        })
    }

    fn key(self, id: &str, owner: &str, resource: &str) -> Self {
        self.described(id, owner, resource, "by hand")
    }

    fn described(mut self, id: &str, owner: &str, resource: &str, description: &str) -> Self {
        self.0.keys.push(ApiKey {
            id: id.parse().unwrap(),
            owner: Some(owner.to_owned()),
            resource: Some(resource.to_owned()),
            display_name: String::new(),
            description: description.to_owned(),
            created_at: datetime!(2026-01-02 03:04:05 UTC),
        });
        self
    }

    /// A secret with a text; the keys come before.
    fn secret(mut self, name: &str, text: &str) -> Self {
        let known: HashSet<&str> = self.0.keys.iter().map(|key| key.id.as_str()).collect();
        let current = content(Some(&text.into()), &known);
        self.0.secrets.push(seen(name, current));
        self
    }

    /// The last secret is otherwise.
    fn but(mut self, change: impl FnOnce(&mut Seen)) -> Self {
        change(self.0.secrets.last_mut().unwrap());
        self
    }

    fn unreadable(mut self, name: &str) -> Self {
        let mut seen = seen(name, Content::default());
        seen.problem = Some("denied".to_owned());
        self.0.secrets.push(seen);
        self
    }

    fn target(mut self, name: &str, secrets: &[&str]) -> Self {
        let secrets: BTreeSet<_> = secrets.iter().map(|&name| name.to_owned()).collect();
        self.0.targets.push(Named {
            name: name.to_owned(),
            secrets,
        });
        self
    }

    /// Every proposal is a target that is read unchanged.
    fn discovered(&self) -> Discovered {
        let discovered = decide(&self.0);
        let mut names = HashSet::new();
        for proposal in &discovered.proposals {
            let name = proposal.name.parse().unwrap();
            Target::parse(name, &proposal.target.to_string()).unwrap();
            assert!(names.insert(proposal.name.clone()), "{}", proposal.name);
            assert_eq!(
                proposal.parameter,
                format!("/keywheel/targets/{}", proposal.name)
            );
        }
        let counts = discovered.counts;
        let listed = counts.proposals
            + counts.not_proposed
            + counts.shared
            + counts.of_users
            + counts.unheld
            + counts.managed;
        assert_eq!(listed, self.0.keys.len(), "every key is in one list");
        discovered
    }

    /// The one reason for which a key is not proposed.
    fn reason(&self) -> String {
        let discovered = self.discovered();
        let [finding] = &discovered.not_proposed[..] else {
            panic!("{discovered:#?}")
        };
        finding.reason.clone().unwrap()
    }
}

fn seen(name: &str, current: Content) -> Seen {
    Seen {
        listed: Listed {
            arn: format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-abcdef"),
            name: name.to_owned(),
            ..Listed::default()
        },
        current,
        ..Seen::default()
    }
}

fn java(id: &str) -> String {
    let module = "org.apache.kafka.common.security.plain.PlainLoginModule";
    json!({"bootstrap.servers": "b:9092",
        "sasl.jaas.config": format!("{module} required username='{id}' password='S{id}';")})
    .to_string()
}

fn librdkafka(id: &str) -> String {
    json!({"sasl.username": id, "sasl.password": format!("S{id}"), "bootstrap.servers": "b:9092",
        "security.protocol": "SASL_SSL"})
    .to_string()
}

fn event_source(id: &str) -> String {
    json!({"username": id, "password": format!("S{id}")}).to_string()
}

fn registry(id: &str) -> String {
    json!({"basic.auth.credentials.source": "USER_INFO", "schema.registry.url": "https://r",
        "basic.auth.user.info": format!("{id}:S{id}")})
    .to_string()
}

fn names(discovered: &Discovered) -> Vec<&str> {
    let proposals = discovered.proposals.iter();
    proposals.map(|proposal| &*proposal.name).collect()
}
