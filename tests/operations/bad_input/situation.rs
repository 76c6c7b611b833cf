//! What may have happened to a target before somebody asks for an operation on it.

use serde_json::{Value, json};
use tests::{
    Scene, Target, eventually,
    scenes::target::{KAFKA, ORDERS},
};

const LIST: &str = "GET /iam/v2/api-keys";

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Situation {
    /// The target's parameter is deleted after it was read.
    Vanishes,
    /// It is deleted before.
    Vanished,
    /// It says something else.
    Broken,
    /// The team's grant was taken away.
    Ungranted,
    /// The service account is deleted.
    OwnerGone,
    /// The cluster is deleted.
    ClusterGone,
    /// The primary is deleted.
    SecretGone,
    /// A copy is deleted.
    CopyGone,
    /// Somebody wrote a placeholder over AWSCURRENT.
    Placeholder,
    /// Somebody wrote a word behind every marker.
    MarkersEdited,
    /// Every key is another deployment's.
    OtherDeployment,
    /// Everything was made in three days.
    ClockBack,
    /// Everything was made a year ago.
    ClockAhead,
    /// The listing's second page fails.
    HalfAListing,
    /// The listing lacks the current key.
    NoAnchor,
}

impl Situation {
    /// Brings it about.
    pub(super) async fn arrange(self, scene: &Scene, target: &Target) {
        let emulator = scene.cloud.controls.emulator();
        let aws = &scene.cloud.aws;
        match self {
            Self::Vanishes => {}
            Self::Vanished => aws.delete_parameter(&parameter(target)).await.unwrap(),
            Self::Broken => {
                scene
                    .put(&target.clone().with("/day_count", json!("soon")))
                    .await;
            }
            Self::Ungranted => aws
                .delete_parameter("/keywheel/grants/sales")
                .await
                .unwrap(),
            Self::OwnerGone => delete(scene, json!({"service_accounts": [ORDERS]})),
            Self::ClusterGone => delete(scene, json!({"clusters": [KAFKA]})),
            Self::SecretGone => delete_secret(scene, target.primary()).await,
            Self::CopyGone => delete_secret(scene, target.secrets()[1]).await,
            Self::Placeholder => {
                let put = aws.put_secret_value(target.primary(), "PLACEHOLDER");
                put.await.unwrap();
            }
            Self::MarkersEdited => describe(scene, |text| format!("{text} (mine)")),
            Self::OtherDeployment => describe(scene, |text| text.replace(".default ", ".blue ")),
            Self::ClockBack => {
                scene.age(-3.0).await;
                // A key that is made in the future is not in sync yet.
                for key in emulator.world()["api_keys"].as_array().unwrap() {
                    let live = json!({"api_keys": [{"id": key["id"], "state": "live"}]});
                    emulator.add(live).unwrap();
                }
            }
            Self::ClockAhead => scene.age(365.0).await,
            Self::HalfAListing => {
                // A page holds a hundred.
                let others = vec![json!({"owner": ORDERS, "resource": KAFKA}); 100];
                emulator.add(json!({"api_keys": others})).unwrap();
                let cut = json!([{"service": "confluent", "operation": LIST, "nth": 2, "every": true,
                    "effect": "status", "status": 403}]);
                scene.cloud.controls.post_faults(cut).unwrap();
            }
            Self::NoAnchor => {
                let current = scene.stores().await.current_key(target.primary());
                let hidden = json!({"api_keys": [{"id": current.unwrap(), "visible": false}]});
                emulator.add(hidden).unwrap();
            }
        }
    }

    /// What happens while the operation is under way.
    pub(super) async fn meanwhile(self, scene: &Scene, target: &Target, operation: &str) {
        if self != Self::Vanishes {
            return;
        }
        let (service, call) = match operation {
            "hold" => ("ssm", "GetParameter"),
            _ => ("secretsmanager", "DescribeSecret"),
        };
        let before = scene.request_count();
        let slow =
            json!([{"service": service, "operation": call, "effect": "delay", "seconds": 1}]);
        scene.cloud.controls.post_faults(slow).unwrap();
        eventually("the targets were read", async || {
            match scene.count_since(before, call) {
                0 => Err(format!("no {call}")),
                _ => Ok(()),
            }
        })
        .await;
        let name = parameter(target);
        scene.cloud.aws.delete_parameter(&name).await.unwrap();
    }
}

fn parameter(target: &Target) -> String {
    format!("/keywheel/targets/{}", target.name)
}

fn delete(scene: &Scene, what: Value) {
    scene.cloud.controls.emulator().delete(what).unwrap();
}

async fn delete_secret(scene: &Scene, name: &str) {
    let body = json!({"SecretId": name, "ForceDeleteWithoutRecovery": true});
    let deleted = scene.cloud.aws.call("secretsmanager.DeleteSecret", &body);
    deleted.await.unwrap();
}

/// Edits the description of every key of ours.
fn describe(scene: &Scene, edit: impl Fn(&str) -> String) {
    for key in tests::marked_keys(scene) {
        let text = edit(key["description"].as_str().unwrap());
        let edited = json!({"api_keys": [{"id": key["id"], "description": text}]});
        scene.cloud.controls.emulator().add(edited).unwrap();
    }
}
