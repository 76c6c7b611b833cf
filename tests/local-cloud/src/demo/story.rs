//! Second act: Keywheel, from empty secrets to the first retired keys, with what goes wrong in between.

use std::time::Duration;

use local_cloud::cloud::LocalCloud;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{
    Failure,
    narrator::{Ink, Narrator, short},
    original::SYNC_SECONDS,
    place::Place,
    report,
    stage::{self, COPIES, KAFKA, KAFKA_TARGET, REGISTRY, REGISTRY_TARGET},
    witness::{Testimony, Witness, current_text, staged},
};

/// Between two sweeps that wait for the same key. At AWS it is the schedule's rate, such as ten minutes.
const BETWEEN_SWEEPS: Duration = Duration::from_millis(400);
/// Far above what a rotation takes here.
const LIMIT: Duration = Duration::from_secs(25);
/// Half a day over `day_count`, less than the day after which a sweep rotates in Secrets Manager's place.
const MONTH: f64 = 30.5;
/// A program that still held a retired key would be refused in this time.
const AFTERWARDS: Duration = Duration::from_secs(2);
/// Over the 24 hours of grace.
const GRACE: f64 = 1.1;

/// Plays the act under a witness.
pub(super) async fn play(
    cloud: &LocalCloud,
    place: &Place,
    narrator: &Narrator,
) -> Result<Testimony, Failure> {
    narrator.act("Second act: Keywheel");
    cloud
        .controls
        .emulator()
        .set_sync(json!({"seconds": SYNC_SECONDS}))?;
    let watched = stage::set(cloud, place).await?;
    let story = Story {
        cloud,
        narrator,
        witness: Witness::begin(cloud.controls.clone(), watched),
    };
    story.bootstrap().await?;
    story.month("day 30").await?;
    story.callback().await?;
    story.crash().await?;
    story.vandals().await?;
    story.month("day 61").await?;
    story.callback().await?;
    story.rotate().await?;
    story.retire().await?;
    Ok(story.witness.testify().await)
}

struct Story<'a> {
    cloud: &'a LocalCloud,
    narrator: &'a Narrator,
    witness: Witness,
}

impl Story<'_> {
    async fn bootstrap(&self) -> Result<(), Failure> {
        self.witness.mark("day 0").await;
        self.narrator.say(
            "Terraform made five empty secrets with the tag `keywheel:target`, and two targets: a Kafka key (a Java \
             secret, three copies in other formats) and a Schema Registry key, each with its service account.",
        );
        self.narrator.say(&format!(
            "The first sweep creates a key for each. A new key is refused for {SYNC_SECONDS} s (at Confluent Cloud \
             about two minutes), so nothing is published yet: the keys wait in AWSPENDING."
        ));
        self.sweep_until(&[KAFKA_TARGET, REGISTRY_TARGET], &["published", "rotated"])
            .await?;
        self.report_witness().await;
        Ok(())
    }

    /// Lets a month go by.
    async fn month(&self, day: &str) -> Result<(), Failure> {
        self.cloud.controls.age(MONTH).await?;
        self.witness.mark(day).await;
        self.narrator.scene(&format!("A month later, {day}"));
        Ok(())
    }

    /// Secrets Manager's schedule comes due: the callback rotates the Schema Registry key.
    async fn callback(&self) -> Result<(), Failure> {
        self.narrator.say(
            "Secrets Manager rotates the Schema Registry secret by its own schedule: RotateSecret calls our function \
             with createSecret, setSecret, testSecret (waits for sync), finishSecret.",
        );
        let arn = self.cloud.function_arn("secret-rotation");
        let token = self.cloud.aws.rotate_secret(REGISTRY, Some(&arn)).await?;
        let deadline = Instant::now() + LIMIT;
        loop {
            let stores = self.cloud.controls.stores().await?;
            let current = staged(&stores, REGISTRY, "AWSCURRENT");
            let done = current.is_some_and(|version| version["id"] == *token);
            if done && staged(&stores, REGISTRY, "AWSPENDING").is_none() {
                break;
            }
            if Instant::now() > deadline {
                let failed = self
                    .cloud
                    .invocations()
                    .pop()
                    .and_then(|(_, last)| last.error);
                return Err(format!("the callback did not end in {LIMIT:?}: {failed:?}").into());
            }
            sleep(BETWEEN_SWEEPS).await;
        }
        self.narrator
            .detail(Ink::Green, &format!("{REGISTRY} has its new key"));
        Ok(())
    }

    /// A sweep dies between create and store; the next one cleans up and rotates.
    async fn crash(&self) -> Result<(), Failure> {
        self.narrator.say(
            "A sweep finds the Kafka key due, and is killed at the worst moment: Confluent has made the key, its \
             secret is lost with the process.",
        );
        let before = self.live_keys();
        self.cloud.controls.post_faults(json!([{
            "service": "confluent", "operation": "POST /iam/v2/api-keys", "effect": "kill_caller_after",
        }]))?;
        let killed = self.cloud.invoke("key-rotation", &json!({})).await?;
        self.cloud.controls.clear_faults();
        let orphan = self
            .live_keys()
            .into_iter()
            .find(|key| !before.contains(key));
        let (Some(error), Some(orphan)) = (killed.error, orphan) else {
            return Err("the sweep was not killed after it made a key".into());
        };
        self.narrator.detail(
            Ink::Red,
            &format!(
                "killed ({}): key {} is an orphan, nobody holds its secret",
                error.error_type,
                short(&orphan)
            ),
        );
        self.narrator.say(
            "The next sweep creates the key anew under the same token and removes the orphan.",
        );
        self.sweep_until(&[KAFKA_TARGET], &["published", "rotated"])
            .await?;
        if self.live_keys().contains(&orphan) {
            return Err(format!("the orphan `{orphan}` is still there").into());
        }
        self.narrator
            .detail(Ink::Green, &format!("orphan {} is deleted", short(&orphan)));
        self.report_witness().await;
        Ok(())
    }

    /// Hands that should not be there: an old value in a copy, a value without a key in the primary.
    async fn vandals(&self) -> Result<(), Failure> {
        self.narrator.scene("Two edits by hand");
        let (copy, _) = COPIES[0];
        let stores = self.cloud.controls.stores().await?;
        let old = staged(&stores, copy, "AWSPREVIOUS").and_then(|version| version["text"].as_str());
        let old = old.ok_or_else(|| format!("`{copy}` has no former value"))?;
        let good = current_text(&stores, KAFKA).map(str::to_owned);
        self.narrator.say(&format!(
            "Somebody puts last month's value back into the copy {copy} (that key still works: the witness goes on \
             signing in with it)."
        ));
        self.cloud.aws.put_secret_value(copy, old).await?;
        self.narrator.say(&format!(
            "Somebody overwrites {KAFKA} with a value that holds no key. The witness looks away from this one secret \
             until the sweep has ended: this outage is the hand's."
        ));
        self.witness.look_away(KAFKA).await;
        self.cloud
            .aws
            .put_secret_value(KAFKA, r#"{"todo":"fill in"}"#)
            .await?;
        let deadline = Instant::now() + LIMIT;
        let (mut restored, mut rewritten) = (false, false);
        while !(restored && rewritten) {
            if Instant::now() > deadline {
                return Err(format!(
                    "not repaired in {LIMIT:?}: restored {restored}, rewritten {rewritten}"
                )
                .into());
            }
            let report = self.sweep().await?;
            restored |= report::did(&report, KAFKA_TARGET, "restore");
            rewritten |= report::did(&report, KAFKA_TARGET, "rewrite");
        }
        let stores = self.cloud.controls.stores().await?;
        if current_text(&stores, KAFKA).map(str::to_owned) != good {
            return Err(format!("`{KAFKA}` was not restored").into());
        }
        self.witness.look_again(KAFKA).await;
        self.report_witness().await;
        Ok(())
    }

    async fn rotate(&self) -> Result<(), Failure> {
        self.narrator.say(
            "The sweep rotates the Kafka key: create, wait for sync, copies, then the primary.",
        );
        self.sweep_until(&[KAFKA_TARGET], &["published", "rotated"])
            .await?;
        self.report_witness().await;
        Ok(())
    }

    async fn retire(&self) -> Result<(), Failure> {
        self.cloud.controls.age(GRACE).await?;
        self.witness.mark("day 62").await;
        self.narrator.scene("A day later, the grace is over");
        self.narrator.say(
            "Of each target the two newest keys are kept. The sweep retires the third after a last proof: its \
             successor is in every secret and signs in now.",
        );
        let report = self.sweep().await?;
        for target in [KAFKA_TARGET, REGISTRY_TARGET] {
            if !report::did(&report, target, "retire") {
                let status = report::status(&report, target);
                return Err(format!("the sweep retired nothing at `{target}` ({status})").into());
            }
        }
        sleep(AFTERWARDS).await;
        self.report_witness().await;
        Ok(())
    }

    /// Sweeps until each of `targets` has had a status of `wanted`.
    async fn sweep_until(&self, targets: &[&str], wanted: &[&str]) -> Result<(), Failure> {
        let deadline = Instant::now() + LIMIT;
        let mut waiting = targets.to_vec();
        loop {
            let report = self.sweep().await?;
            waiting.retain(|target| !wanted.contains(&report::status(&report, target)));
            let Some(target) = waiting.first() else {
                return Ok(());
            };
            if Instant::now() > deadline {
                let status = report::status(&report, target);
                return Err(format!("`{target}` is still `{status}` after {LIMIT:?}").into());
            }
            sleep(BETWEEN_SWEEPS).await;
        }
    }

    async fn sweep(&self) -> Result<Value, Failure> {
        let invocation = self.cloud.invoke("key-rotation", &json!({})).await?;
        if let Some(error) = invocation.error {
            return Err(format!("a sweep failed: {}: {}", error.error_type, error.message).into());
        }
        self.narrator.say(&report::headline(&invocation.answer));
        for (ink, line) in report::lines(&invocation.answer) {
            self.narrator.detail(ink, &line);
        }
        Ok(invocation.answer)
    }

    async fn report_witness(&self) {
        self.narrator.witness(self.witness.so_far().await);
    }

    /// Ids of every key that is not deleted.
    fn live_keys(&self) -> Vec<String> {
        let world = self.cloud.controls.emulator().world();
        let keys = world["api_keys"].as_array().into_iter().flatten();
        keys.filter(|key| key["state"] != "deleted")
            .filter_map(|key| Some(key["id"].as_str()?.to_owned()))
            .collect()
    }
}
