//! A local cloud and the hands that a test moves it by.

use local_cloud::{
    causes,
    cloud::{Invocation, LocalCloud, Options},
    requests::Entry,
};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

pub mod ledger;
pub mod login;
pub mod peace;
pub mod report;
pub mod stage;
pub mod stores;
pub mod target;
pub mod wait;
pub mod witness;

use stores::Stores;
use target::Target;
use wait::eventually;

/// Steps and sweeps may be slow on a busy machine: what depends on the span is moved by [`Scene::age`] instead.
const SETTINGS: [(&str, &str); 1] = [("SETTLE_SECONDS", "60")];

/// The steps of the callback in Secrets Manager's order.
pub const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/// One local cloud of a test's own.
#[derive(Debug)]
pub struct Scene {
    /// What there is beyond the methods below.
    pub cloud: LocalCloud,
}

impl Scene {
    /// With the settings of a test: `MODE=apply`, short rounds.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With `settings` over those.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let options = Options {
            settings: SETTINGS.iter().chain(settings).map(owned).collect(),
            ..Options::default()
        };
        let cloud = LocalCloud::start(options).await;
        Self {
            cloud: cloud
                .unwrap_or_else(|error| panic!("no local cloud: {}", causes::sentence(&error))),
        }
    }

    /// Makes the target's secrets as Terraform would, empty and the primary with its tag, and writes its parameter.
    pub async fn add(&self, target: &Target) {
        for (nth, name) in target.secrets().into_iter().enumerate() {
            let tag = ("keywheel:target", target.name.as_str());
            let tags = if nth == 0 { &[tag][..] } else { &[] };
            self.cloud
                .aws
                .create_secret(name, None, tags)
                .await
                .unwrap();
        }
        self.put(target).await;
    }

    /// The same with a key that somebody else made, so many days ago: in every secret, as another tool would have
    /// left it. Its id.
    pub async fn add_with_foreign_key(&self, target: &Target, days: i64) -> String {
        let (id, secret) = self.foreign_key(target, days);
        for (nth, name) in target.secrets().into_iter().enumerate() {
            let tag = ("keywheel:target", target.name.as_str());
            let tags = if nth == 0 { &[tag][..] } else { &[] };
            let text = login::text(target.format(nth), &id, &secret);
            let made = self.cloud.aws.create_secret(name, Some(&text), tags);
            made.await.unwrap();
        }
        self.put(target).await;
        id
    }

    /// A key of the target's owner and resource without any marker; id and secret.
    #[allow(clippy::must_use_candidate, reason = "it makes a key")]
    pub fn foreign_key(&self, target: &Target, days: i64) -> (String, String) {
        let created = OffsetDateTime::now_utc() - time::Duration::days(days);
        let created = created.replace_nanosecond(0).unwrap();
        let key = json!({"owner": target.document["owner"], "resource": target.resource(),
            "created_at": created.format(&Rfc3339).unwrap(), "description": "by hand"});
        let added = self
            .cloud
            .controls
            .emulator()
            .add(json!({"api_keys": [key]}));
        let key = &added.unwrap()["api_keys"][0];
        let field = |name: &str| key[name].as_str().unwrap().to_owned();
        (field("id"), field("secret"))
    }

    /// The state that Keywheel keeps of a target; null when there is none.
    pub async fn state(&self, target: &str) -> Value {
        let name = format!("/keywheel/state/{target}");
        let stores = self.stores().await;
        let found = stores
            .parameters()
            .iter()
            .find(|found| found["name"] == name.as_str());
        found.map_or(Value::Null, |found| {
            serde_json::from_str(found["value"].as_str().unwrap()).unwrap()
        })
    }

    /// A scheduled sweep, as EventBridge Scheduler would send it.
    pub async fn scheduled(&self) -> Invocation {
        self.invoke(json!({"source": "aws.scheduler"})).await
    }

    /// An operation on one target that must succeed; the target's entry.
    pub async fn by_hand(&self, operation: &str, target: &Target) -> Value {
        let report = self
            .ask(json!({"operation": operation, "targets": [target.name]}))
            .await;
        report::of(&report, &target.name).clone()
    }

    /// The same for one that must fail; its message.
    pub async fn refused(&self, event: Value) -> String {
        let done = self.invoke(event).await;
        let Some(error) = done.error else {
            panic!("it succeeded: {:#}", done.answer)
        };
        error.message
    }

    /// Writes the target's parameter alone.
    pub async fn put(&self, target: &Target) {
        self.put_text(&target.name, &target.document.to_string())
            .await;
    }

    /// The same for a text that may be no target at all.
    pub async fn put_text(&self, name: &str, text: &str) {
        let parameter = format!("/keywheel/targets/{name}");
        self.cloud
            .aws
            .put_parameter(&parameter, text)
            .await
            .unwrap();
    }

    /// Invokes `key-rotation`.
    pub async fn invoke(&self, event: Value) -> Invocation {
        self.cloud.invoke("key-rotation", &event).await.unwrap()
    }

    /// A sweep by hand that must succeed; its report.
    pub async fn sweep(&self) -> Value {
        self.ask(json!({})).await
    }

    /// An event of `key-rotation` that must succeed; its report.
    pub async fn ask(&self, event: Value) -> Value {
        let done = self.invoke(event).await;
        let Invocation {
            answer,
            error,
            logs,
            ..
        } = done;
        assert!(error.is_none(), "{error:?}\n{logs}");
        answer
    }

    /// A sweep by hand that must fail; its error's message.
    pub async fn failing_sweep(&self) -> String {
        let done = self.invoke(json!({})).await;
        let Some(error) = done.error else {
            panic!("the sweep succeeded: {:#}", done.answer)
        };
        error.message
    }

    /// One step of `secret-rotation`, as Secrets Manager would ask for it.
    pub async fn step(&self, secret: &str, token: &str, step: &str) -> Invocation {
        let event = json!({
            "SecretId": self.stores().await.secret(secret)["arn"],
            "ClientRequestToken": token,
            "Step": step,
        });
        self.cloud.invoke("secret-rotation", &event).await.unwrap()
    }

    /// `RotateSecret` by the callback, until it has ended; the token.
    pub async fn rotate_secret(&self, secret: &str) -> String {
        let token = self.begin_rotation(secret).await;
        self.published(secret, &token).await;
        token
    }

    /// `RotateSecret` by the callback, which goes on after this; the token.
    pub async fn begin_rotation(&self, secret: &str) -> String {
        let arn = self.cloud.function_arn("secret-rotation");
        let token = self.cloud.aws.rotate_secret(secret, Some(&arn)).await;
        token.unwrap()
    }

    /// Waits until version `token` is AWSCURRENT and nothing is AWSPENDING.
    pub async fn published(&self, secret: &str, token: &str) {
        eventually("the rotation ends", async || {
            let stores = self.stores().await;
            let current = stores.version(secret, "AWSCURRENT");
            let pending = stores.version(secret, "AWSPENDING");
            match (current, pending) {
                (Some(current), None) if current["id"] == token => Ok(()),
                _ => {
                    let errors = self.errors();
                    Err(format!("versions {}, {errors:?}", stores.labels(secret)))
                }
            }
        })
        .await;
    }

    /// A version of `secret` that is AWSPENDING and holds nothing, as a rotation leaves it whose first step failed.
    pub async fn empty_pending_version(&self, secret: &str) -> String {
        let before = self.cloud.invocations().len();
        let denied = json!([{"service": "secretsmanager", "operation": "GetSecretValue", "effect": "status",
            "status": 400, "code": "AccessDeniedException", "function": "secret-rotation"}]);
        let faults = self.cloud.controls.post_faults(denied);
        faults.unwrap();
        let token = self.begin_rotation(secret).await;
        eventually("the first step fails", async || {
            match self.cloud.invocations().get(before) {
                Some((_, done)) if done.error.is_some() => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
        self.cloud.controls.clear_faults();
        token
    }

    /// The errors of all invocations so far.
    #[must_use]
    pub fn errors(&self) -> Vec<String> {
        let ended = self.cloud.invocations().into_iter();
        ended
            .filter_map(|(_, done)| Some(done.error?.message))
            .collect()
    }

    /// Everything stored becomes older.
    pub async fn age(&self, days: f64) {
        self.cloud.controls.age(days).await.unwrap();
    }

    /// Secrets and parameters as they are now.
    pub async fn stores(&self) -> Stores {
        Stores::new(self.cloud.controls.stores().await.unwrap())
    }

    /// How many requests there were so far, for [`Scene::requests_since`].
    #[must_use]
    pub fn request_count(&self) -> usize {
        self.cloud.controls.requests(0).len()
    }

    /// What functions asked since then.
    #[must_use]
    pub fn requests_since(&self, count: usize) -> Vec<Entry> {
        self.cloud.controls.requests(count)
    }

    /// How often they asked for `operation` since then.
    #[must_use]
    pub fn count_since(&self, count: usize, operation: &str) -> usize {
        let asked = self.requests_since(count).into_iter();
        asked.filter(|entry| entry.operation == operation).count()
    }
}
