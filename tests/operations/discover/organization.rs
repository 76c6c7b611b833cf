//! An organization as one is found: forty teams, four hundred services, and what has piled up beside them.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tests::{
    Scene,
    scenes::{login, target::ADMINISTRATOR},
};

/// What the world is built from.
pub(super) struct Organization {
    pub(super) services: Vec<Service>,
    pub(super) keys: Vec<Value>,
    pub(super) secrets: Vec<Secret>,
    ids: usize,
}

/// One key that one service has in its secrets: what should become a target.
pub(super) struct Service {
    pub(super) key: String,
    pub(super) owner: String,
    pub(super) resource: String,
    pub(super) environment: String,
    /// Name → format.
    pub(super) secrets: BTreeMap<String, &'static str>,
    /// It is a target already.
    pub(super) managed: bool,
}

pub(super) struct Secret {
    name: String,
    text: Text,
    tags: Vec<(&'static str, String)>,
}

enum Text {
    Of(&'static str, String),
    Foreign(&'static str),
    /// With every `{n}` the secret of the nth key, every `[n]` its id.
    Mixed(&'static str, Vec<String>),
    Binary,
}

const ENVIRONMENTS: usize = 8;
const TEAMS: usize = 40;
const SERVICES: usize = 400;
/// Foreign texts: none of them holds a key of the organization.
const FOREIGN: [&str; 7] = [
    r#"{"engine": "postgres", "host": "db", "username": "orders", "password": "p4ss", "port": 5432}"#,
    r#"{"username": "admin", "password": "admin"}"#,
    "postgres://orders:p4ss@db/orders",
    r#"{"token": "abc"}"#,
    "{}",
    r#"["a", "b"]"#,
    r#"{"api_key": "sk-something-else", "url": "https://elsewhere"}"#,
];

impl Organization {
    /// 400 service accounts, 999 keys beside the seed's, 599 secrets beside the seed's.
    pub(super) fn new() -> Self {
        let mut organization = Self {
            services: Vec::new(),
            keys: Vec::new(),
            secrets: Vec::new(),
            ids: 0,
        };
        (0..SERVICES).for_each(|n| organization.service(n));
        organization.cloud_keys();
        organization.oddities();
        organization.leftovers();
        organization
    }

    fn service(&mut self, n: usize) {
        let team = n % TEAMS;
        // Names as people write them.
        let folder = match n % 7 {
            0 => format!("/team-{team}/prod/service-{n}"),
            1 => format!("/Team-{team}/Service.{n}"),
            2 => format!("team-{team}/service-{n}/kafka"),
            _ => format!("/team-{team}/service-{n}"),
        };
        let kafka = self.kafka(n);
        let registry = format!("lsrc-{}", n % ENVIRONMENTS);
        let single = ["java", "librdkafka", "event_source"][n % 3];
        let secret = |name: &str, format| (format!("{folder}/{name}"), format);
        match n / 40 {
            0..=3 => self.target(n, &kafka, [secret("credentials", single)]),
            // The second is where nobody would look for it.
            4 if n.is_multiple_of(5) => {
                let legacy = (format!("/legacy/service-{n}"), "librdkafka");
                self.target(n, &kafka, [secret("java_client", "java"), legacy]);
            }
            5 if n.is_multiple_of(10) => {
                let flat = |client: &str| format!("team-{team}.service-{n}.{client}");
                self.target(
                    n,
                    &kafka,
                    [(flat("java"), "java"), (flat("python"), "librdkafka")],
                );
            }
            4 | 5 => self.target(
                n,
                &kafka,
                [
                    secret("kafka_cluster/java_client", "java"),
                    secret("kafka_cluster/python_client", "librdkafka"),
                ],
            ),
            6 => self.target(
                n,
                &kafka,
                [
                    secret("kafka_cluster/java_client", "java"),
                    secret("kafka_cluster/python_client", "librdkafka"),
                    secret("event_source", "event_source"),
                ],
            ),
            7 => self.target(n, &registry, [secret("registry", "schema_registry_java")]),
            8 => {
                self.target(n, &kafka, [secret("kafka", single)]);
                self.target(n, &registry, [secret("registry", "schema_registry_java")]);
            }
            _ => {}
        }
        // Every twentieth is a target already.
        if n % 20 == 3
            && let Some(service) = self.services.last_mut()
        {
            service.managed = true;
        }
    }

    fn kafka(&self, n: usize) -> String {
        format!("lkc-{}-{}", n % ENVIRONMENTS, n % 3)
    }

    fn target<const N: usize>(
        &mut self,
        n: usize,
        resource: &str,
        secrets: [(String, &'static str); N],
    ) {
        let owner = owner(n);
        let key = self.key(&owner, resource, "");
        for (name, format) in &secrets {
            self.secret(name, Text::Of(format, key.clone()));
        }
        self.services.push(Service {
            key,
            owner,
            resource: resource.to_owned(),
            environment: format!("env-{}", n % ENVIRONMENTS),
            secrets: secrets.into(),
            managed: false,
        });
    }

    /// Four service accounts that may do more.
    fn cloud_keys(&mut self) {
        for n in 0..4 {
            let name = format!("/platform/terraform-{n}/cloud");
            let (owner, format) = (owner(n), "cloud_api_key");
            let key = self.key(&owner, "cloud", "");
            self.secret(&name, Text::Of(format, key.clone()));
            self.services.push(Service {
                key,
                owner,
                resource: "cloud".to_owned(),
                environment: String::new(),
                secrets: [(name, format)].into(),
                managed: false,
            });
        }
    }

    /// What must not be proposed.
    fn oddities(&mut self) {
        for n in 0..5 {
            let key = self.key(&owner(n), &self.kafka(n), "");
            for team in ["finance", "logistics"] {
                let name = format!("/{team}/shared-{n}");
                self.secret(&name, Text::Of("java", key.clone()));
            }
        }
        for n in 0..8 {
            let gone = self.id();
            let name = format!("/team-{n}/retired-{n}/java");
            let text = ["java", "event_source"][n % 2];
            self.secret(&name, Text::Of(text, gone));
        }
        for n in 0..6 {
            let key = self.key(ADMINISTRATOR, &self.kafka(n), "");
            self.secret(
                &format!("/team-{n}/laptop-{n}"),
                Text::Of("librdkafka", key),
            );
        }
        for (n, text) in FOREIGN.into_iter().enumerate() {
            self.secret(&format!("/team-{n}/database-{n}"), Text::Foreign(text));
        }
        self.secret("/team-0/keystore", Text::Binary);
        for n in 0..2 {
            let key = self.key(&owner(n), &self.kafka(n), "");
            let text = r#"{"KAFKA_USER": "[0]", "KAFKA_PASS": "{0}"}"#;
            self.secret(
                &format!("/team-{n}/environment-{n}"),
                Text::Mixed(text, vec![key]),
            );
        }
        let two = [self.kafka(9), "lsrc-1".to_owned()];
        let two = two.map(|resource| self.key(&owner(9), &resource, ""));
        let text = r#"{"sasl.username": "[0]", "sasl.password": "{0}", "basic.auth.user.info": "[1]:{1}"}"#;
        self.secret("/team-9/both", Text::Mixed(text, two.into()));
    }

    /// Keys that nobody holds any more, some made by another deployment.
    fn leftovers(&mut self) {
        for n in self.keys.len()..999 {
            let marker = "keywheel/123456789012.eu-west-1.default target=a/b token=t run=12345678";
            let description = if n % 50 == 0 { marker } else { "" };
            self.key(&owner(n), &self.kafka(n), description);
        }
    }

    fn id(&mut self) -> String {
        self.ids += 1;
        format!("KEY{:013}", self.ids)
    }

    fn key(&mut self, owner: &str, resource: &str, description: &str) -> String {
        let id = self.id();
        self.keys.push(
            json!({"id": id, "owner": owner, "resource": resource, "description": description}),
        );
        id
    }

    fn secret(&mut self, name: &str, text: Text) {
        let tags = match self.secrets.len() % 9 {
            0 => vec![("cost-centre", "42".to_owned())],
            _ => Vec::new(),
        };
        let name = name.to_owned();
        self.secrets.push(Secret { name, text, tags });
    }

    /// Puts all of it into the world.
    pub(super) async fn settle(&self, scene: &Scene) {
        let numbers = 0..ENVIRONMENTS;
        let environments: Vec<_> = numbers.clone().map(|n| format!("env-{n}")).collect();
        let clusters: Vec<_> = numbers
            .flat_map(|n| {
                let ids = (0..3).map(move |k| format!("lkc-{n}-{k}"));
                ids.chain([format!("lsrc-{n}")])
                    .map(move |id| json!({"id": id, "environment": format!("env-{n}")}))
            })
            .collect();
        let owners: Vec<_> = (0..SERVICES).map(owner).collect();
        let emulator = scene.cloud.controls.emulator();
        let added = emulator
            .add(json!({"environments": environments, "service_accounts": owners, "clusters": clusters,
                "api_keys": self.keys}))
            .unwrap();
        // The seed's two accounts are of no use here.
        emulator
            .delete(json!({"service_accounts": ["sa-12mgdv", "sa-7y9xbr"]}))
            .unwrap();
        let keys: BTreeMap<&str, &str> = added["api_keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| (key["id"].as_str().unwrap(), key["secret"].as_str().unwrap()))
            .collect();
        stream::iter(&self.secrets)
            .for_each_concurrent(16, async |secret| secret.make(scene, &keys).await)
            .await;
        for service in self.services.iter().filter(|service| service.managed) {
            scene
                .put_text(
                    &format!("existing/{}", service.key.to_lowercase()),
                    &service.target().to_string(),
                )
                .await;
        }
    }
}

impl Service {
    fn target(&self) -> Value {
        let mut secrets = self
            .secrets
            .iter()
            .map(|(name, format)| json!({"name": name, "formats": [format]}));
        json!({"owner": self.owner, "secret": secrets.next(), "copies": secrets.collect::<Vec<_>>(), "probe": "rest",
            "resource": {"id": self.resource, "environment": self.environment}})
    }

    /// Whether this is the target, whichever of its secrets is the primary.
    pub(super) fn is(&self, target: &Value) -> bool {
        let copies = target["copies"].as_array().into_iter().flatten();
        let secrets: BTreeMap<_, _> = std::iter::once(&target["secret"])
            .chain(copies)
            .map(|secret| {
                (
                    secret["name"].as_str().unwrap(),
                    secret["formats"][0].as_str().unwrap(),
                )
            })
            .collect();
        let own = self
            .secrets
            .iter()
            .map(|(name, format)| (name.as_str(), *format));
        target["owner"] == self.owner.as_str()
            && target["resource"]["id"] == self.resource.as_str()
            && target["resource"]["environment"]
                .as_str()
                .unwrap_or_default()
                == self.environment_or_none()
            && secrets == own.collect()
    }

    fn environment_or_none(&self) -> &str {
        match self.resource.as_str() {
            "cloud" => "",
            _ => &self.environment,
        }
    }
}

impl Secret {
    async fn make(&self, scene: &Scene, keys: &BTreeMap<&str, &str>) {
        let of = |id: &str| keys.get(id).copied().unwrap_or("a secret of long ago");
        let text = match &self.text {
            Text::Of("cloud_api_key", id) => {
                json!({"api_key": id, "api_secret": of(id)}).to_string()
            }
            Text::Of(format, id) => login::text(format, id, of(id)),
            Text::Foreign(text) => (*text).to_owned(),
            Text::Mixed(text, ids) => {
                ids.iter()
                    .enumerate()
                    .fold((*text).to_owned(), |text, (n, id)| {
                        text.replace(&format!("[{n}]"), id)
                            .replace(&format!("{{{n}}}"), of(id))
                    })
            }
            Text::Binary => {
                let body = json!({"Name": self.name, "SecretBinary": "AAECAw=="});
                scene
                    .cloud
                    .aws
                    .call("secretsmanager.CreateSecret", &body)
                    .await
                    .unwrap();
                return;
            }
        };
        let tags: Vec<_> = self
            .tags
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        scene
            .cloud
            .aws
            .create_secret(&self.name, Some(&text), &tags)
            .await
            .unwrap();
    }
}

fn owner(n: usize) -> String {
    format!("sa-{:03}", n % SERVICES)
}
