//! Who comes in between two calls of a flow: the same again by another process, a sweep, or a person.

use std::cell::Cell;

use local_cloud::cloud::Invocation;
use serde_json::{Value, json};
use tests::{Scene, Stores, eventually};

use crate::{
    flow::{Asked, Flow},
    story::Story,
};

/// Somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intruder {
    /// What is under way is asked for once more.
    Again,
    Sweep,
    /// A person adds a field to the primary.
    Edit,
    /// A person moves AWSCURRENT of the primary back to the former version.
    MoveBack,
    /// A person takes AWSPENDING off.
    TakeOffPending,
}

impl Intruder {
    pub(crate) const ALL: [Self; 5] = [
        Self::Again,
        Self::Sweep,
        Self::Edit,
        Self::MoveBack,
        Self::TakeOffPending,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Again => "late, and asked for again meanwhile",
            Self::Sweep => "late, a sweep meanwhile",
            Self::Edit => "late, the primary edited meanwhile",
            Self::MoveBack => "late, AWSCURRENT moved back meanwhile",
            Self::TakeOffPending => "late, AWSPENDING taken off meanwhile",
        }
    }

    /// Does what it does as soon as the fault has struck, while the act goes on.
    pub(crate) async fn comes(
        self,
        scene: &Scene,
        flow: &Flow,
        asked: &[Asked],
        story: &mut Story,
    ) {
        let (now, over) = (Cell::new(0), Cell::new(false));
        let act = async {
            flow.act(scene, asked, &now, story).await;
            over.set(true);
        };
        let intrusion = async {
            let struck = eventually("the call is made", async || {
                let faults = scene.cloud.controls.faults();
                match faults.iter().any(|fault| fault.hits > 0) {
                    true => Ok(true),
                    false if over.get() => Ok(false),
                    false => Err(asked[now.get()].what.clone()),
                }
            });
            match struck.await {
                true => self.does(scene, flow, &asked[now.get()]).await,
                false => None,
            }
        };
        let ((), done) = tokio::join!(act, intrusion);
        match done {
            Some(done) => story.tell(self.name(), &done, scene, &flow.target).await,
            None => story.say(self.name()),
        }
    }

    async fn does(self, scene: &Scene, flow: &Flow, asked: &Asked) -> Option<Invocation> {
        let (primary, stores) = (flow.target.primary(), scene.stores().await);
        match self {
            Self::Again => return Some(asked.of(scene).await),
            Self::Sweep => return Some(scene.invoke(json!({})).await),
            Self::Edit => {
                let text = stores.text(primary).unwrap();
                let mut fields: Value = serde_json::from_str(text).unwrap();
                fields["note"] = "by hand".into();
                let text = fields.to_string();
                let put = scene.cloud.aws.put_secret_value(primary, &text);
                put.await.unwrap();
            }
            Self::MoveBack => {
                let (former, current) = (
                    id(&stores, primary, "AWSPREVIOUS"),
                    id(&stores, primary, "AWSCURRENT"),
                );
                move_label(
                    scene,
                    json!({"SecretId": primary, "VersionStage": "AWSCURRENT",
                    "MoveToVersionId": former, "RemoveFromVersionId": current}),
                )
                .await;
            }
            Self::TakeOffPending => {
                if let Some(pending) = id(&stores, primary, "AWSPENDING") {
                    move_label(
                        scene,
                        json!({"SecretId": primary, "VersionStage": "AWSPENDING",
                        "RemoveFromVersionId": pending}),
                    )
                    .await;
                }
            }
        }
        None
    }
}

fn id(stores: &Stores, secret: &str, label: &str) -> Option<String> {
    stores.version(secret, label)?["id"]
        .as_str()
        .map(str::to_owned)
}

/// A person may be too late.
async fn move_label(scene: &Scene, body: Value) {
    let aws = &scene.cloud.aws;
    let _refused = aws
        .call("secretsmanager.UpdateSecretVersionStage", &body)
        .await;
}
