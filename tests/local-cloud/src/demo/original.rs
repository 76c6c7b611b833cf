//! First act: the schedule of what Keywheel replaces. It publishes the *oldest* of its keys, and when a timer is due
//! it deletes before it creates, so the key that programs hold dies first.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use local_cloud::{cloud::LocalCloud, http_client};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{
    Failure,
    credentials::Credentials,
    narrator::{Ink, Narrator, short},
    place::Place,
    witness::{Testimony, Watched, Witness, sign_in},
};

/// The secret of the act.
const SECRET: &str = "/original/kafka_cluster/java_client";
/// As in the second act: at Confluent Cloud it takes about two minutes.
pub(super) const SYNC_SECONDS: u64 = 2;
/// Days stand for seconds here: programs sign in for this long between two runs.
const BETWEEN_RUNS: Duration = Duration::from_millis(1000);
/// Far above [`SYNC_SECONDS`].
const SYNC_LIMIT: Duration = Duration::from_secs(15);

/// Plays the act under a witness.
pub(super) async fn play(
    cloud: &LocalCloud,
    place: &Place,
    narrator: &Narrator,
) -> Result<Testimony, Failure> {
    narrator.act("First act: what Keywheel replaces");
    narrator.say(
        "Terraform, a timer for each of two keys, the oldest key published. A due timer replaces its key: DELETE, \
         then POST. (The demo plays this schedule itself.) A witness signs in ten times a second with whatever the \
         secret says.",
    );
    let mut original = Original {
        cloud,
        place,
        keys: Vec::new(),
    };
    for _ in 0..2 {
        original.create().await?;
    }
    cloud
        .controls
        .emulator()
        .set_sync(json!({"seconds": SYNC_SECONDS}))?;
    let text = original.text()?;
    cloud.aws.create_secret(SECRET, Some(&text), &[]).await?;

    let watched = Watched {
        secret: SECRET.to_owned(),
        door: place.kafka_door.clone(),
        primary: true,
    };
    let witness = Witness::begin(cloud.controls.clone(), vec![watched]);
    witness.mark("day 0").await;
    for (day, due, text) in [
        ("day 30", 1, "one timer is due"),
        ("day 60", 1, "the other timer is due"),
        ("day 150", 2, "a late run: both timers are due"),
    ] {
        sleep(BETWEEN_RUNS).await;
        witness.mark(day).await;
        let dying: Vec<_> = original.keys[..due]
            .iter()
            .map(|key| short(&key.key))
            .collect();
        narrator.say(&format!(
            "{day}, {text}: DELETE {}, POST, wait for sync, publish; programs held {}",
            dying.join(" and "),
            dying[0],
        ));
        original.run(due).await?;
    }
    sleep(BETWEEN_RUNS).await;
    let testimony = witness.testify().await;
    let (sign_ins, failures) = (testimony.sign_ins, testimony.failures);
    narrator.detail(
        Ink::Red,
        &format!("{failures} of {sign_ins} sign-ins failed: every run was an outage as long as a key needs to sync"),
    );
    if failures == 0 {
        return Err("the original's schedule broke nothing: the witness does not look".into());
    }
    Ok(testimony)
}

/// Two keys, oldest first.
struct Original<'a> {
    cloud: &'a LocalCloud,
    place: &'a Place,
    keys: Vec<Credentials>,
}

impl Original<'_> {
    /// Replaces the `due` oldest keys, and publishes what is the oldest then.
    async fn run(&mut self, due: usize) -> Result<(), Failure> {
        for _ in 0..due {
            let oldest = self.keys.remove(0);
            let path = format!("/iam/v2/api-keys/{}", oldest.key);
            self.confluent(Method::DELETE, &path, None).await?;
        }
        for _ in 0..due {
            self.create().await?;
        }
        self.wait_for_sync().await?;
        let text = self.text()?;
        self.cloud.aws.put_secret_value(SECRET, &text).await?;
        Ok(())
    }

    async fn create(&mut self) -> Result<(), Failure> {
        let spec = json!({
            "display_name": "Managed by Terraform",
            "owner": {"id": self.place.orders},
            "resource": {"id": self.place.kafka, "environment": self.place.environment},
        });
        let body = json!({"spec": spec});
        let answer = self
            .confluent(Method::POST, "/iam/v2/api-keys", Some(body))
            .await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.keys.push(Credentials {
            key: text(&answer["id"]),
            secret: text(&answer["spec"]["secret"]),
        });
        Ok(())
    }

    /// As the Terraform provider does before it answers.
    async fn wait_for_sync(&self) -> Result<(), Failure> {
        let Some(newest) = self.keys.last() else {
            return Ok(());
        };
        let in_sync = async {
            while sign_in(&self.place.kafka_door, newest).await.is_err() {
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(SYNC_LIMIT, in_sync)
            .await
            .map_err(|_| format!("API key `{}` did not sync in {SYNC_LIMIT:?}", newest.key).into())
    }

    /// The oldest key as Terraform wrote it.
    fn text(&self) -> Result<String, Failure> {
        let Credentials { key, secret } = self.keys.first().ok_or("there is no key to publish")?;
        let line = format!(
            "org.apache.kafka.common.security.plain.PlainLoginModule required username='{key}' password='{secret}';"
        );
        Ok(json!({"bootstrap.servers": "localhost:9094", "sasl.jaas.config": line}).to_string())
    }

    async fn confluent(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Failure> {
        let base = self
            .cloud
            .environment()
            .get("CONFLUENT_CLOUD_URL")
            .unwrap_or_default();
        let (key, secret) = self.cloud.controls.emulator().cloud_api_key();
        let cloud_key = Credentials { key, secret };
        let operation = format!("{method} {path}");
        let request = Request::builder()
            .method(method)
            .uri(format!("{base}{path}"))
            .header("authorization", cloud_key.basic())
            .header("content-type", "application/json")
            .body(body.map_or_else(Bytes::new, |body| body.to_string().into()))?;
        let answer = http_client::send(request).await?;
        if !answer.status().is_success() {
            return Err(format!("`{operation}` was refused with {}", answer.status()).into());
        }
        Ok(serde_json::from_slice(answer.body()).unwrap_or_default())
    }
}
