//! Ten thousand targets, three of them broken. AWS is in memory: moto would take minutes.

use std::{collections::BTreeMap, time::Duration};

use local_cloud::{
    door::Door,
    emulator::{Addresses, Emulator, Gateway},
    functions, gateways,
    player::Function,
    progress::Progress,
    serve::Listener,
};
use serde_json::{Value, json};
use tests::{
    report,
    scenes::target::{ENVIRONMENT, KAFKA, ORDERS},
};

#[path = "../benches/sweep/aws.rs"]
#[expect(dead_code, reason = "a plan needs less of it than the bench")]
mod aws;

use aws::{ACCOUNT, Aws};

const TARGETS: usize = 10_000;
const CLOUD_API_KEY: &str = "confluent-cloud-api-key";

fn name(n: usize) -> String {
    format!("team-{}/service-{n:05}", n % 40)
}

/// A target and what is wrong with it, if so.
fn text(n: usize) -> (String, Option<&'static str>) {
    let target = json!({
        "owner": ORDERS,
        "resource": {"id": KAFKA, "environment": ENVIRONMENT},
        "secret": {"name": format!("/{}", name(n)), "formats": ["event_source"]},
        "probe": "rest",
    });
    match n {
        17 => ("owner=me".to_owned(), Some("field `.`: no JSON object")),
        4_711 => {
            let mut typing_error = target;
            typing_error["day_cuont"] = 30.into();
            let reason = "field `day_cuont`: unknown field `day_cuont`";
            (typing_error.to_string(), Some(reason))
        }
        // Its secret was never made.
        9_999 => (target.to_string(), Some("does not exist")),
        _ => (target.to_string(), None),
    }
}

async fn plan() -> Value {
    let binaries = functions::functions(Progress::Hidden).await.unwrap();
    let [aws_port, control_plane, kafka_rest] = [bind().await, bind().await, bind().await];
    let door = Door::default();
    let emulator = Emulator::seeded(Addresses {
        control_plane: control_plane.url(),
        kafka_rest: kafka_rest.url(),
        schema_registry: kafka_rest.url(),
        kafka_bootstrap: "localhost:9094".to_owned(),
    });
    let aws = Aws::default();
    let (api_key, api_secret) = emulator.cloud_api_key();
    let pair = json!({"api_key": api_key, "api_secret": api_secret}).to_string();
    aws.make_secret(CLOUD_API_KEY, Some(&pair));
    for n in 0..TARGETS {
        let (text, wrong) = text(n);
        aws.put_parameter(&format!("/keywheel/targets/{}", name(n)), &text);
        if wrong != Some("does not exist") {
            aws.make_secret(&format!("/{}", name(n)), None);
        }
    }
    let environment = [
        ("AWS_ENDPOINT_URL", aws_port.url()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("CONFLUENT_CLOUD_URL", control_plane.url()),
        (
            "CONFLUENT_CLOUD_API_KEY_SECRET_ID",
            CLOUD_API_KEY.to_owned(),
        ),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value));
    let function = Function {
        name: "key-rotation".to_owned(),
        arn: format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:key-rotation"),
        program: binaries["key-rotation"].clone(),
        timeout: Duration::from_secs(900),
        memory: 256,
        environment: BTreeMap::from(environment),
    };
    let _servers = [
        aws.serve(aws_port, door.clone()),
        gateways::serve(
            control_plane,
            Gateway::ControlPlane,
            emulator.clone(),
            door.clone(),
        ),
        gateways::serve(
            kafka_rest,
            Gateway::KafkaRest,
            emulator.clone(),
            door.clone(),
        ),
    ];
    let event = json!({"operation": "plan"}).to_string();
    let done = door.player.invoke(&function, event.into()).await;
    assert!(done.error().is_none(), "{:?}", done.error());
    assert!(done.payload.len() < 6_000_000, "more than Lambda takes");
    let asked = door.requests.since(0).into_iter();
    let writes = asked.filter(|entry| {
        let verbs = ["Put", "Update", "POST", "PATCH", "DELETE"];
        verbs.iter().any(|verb| entry.operation.starts_with(verb))
    });
    assert_eq!(writes.count(), 0);
    serde_json::from_slice(&done.payload).unwrap()
}

async fn bind() -> Listener {
    Listener::bind(0).await.unwrap()
}

#[tokio::test]
async fn of_ten_thousand_targets_three_are_broken_and_a_plan_tells_which() {
    let plan = plan().await;
    let counts = &plan["counts"];
    assert_eq!(counts["targets"], TARGETS, "{counts}");
    assert_eq!(counts["refused"], 3, "{counts}");
    assert_eq!(counts["kept"], TARGETS - 3, "{counts}");
    for n in [17, 4_711, 9_999] {
        let entry = report::of(&plan, &name(n));
        assert_eq!(entry["status"], "refused", "{entry:#}");
        let summary = entry["summary"].as_str().unwrap();
        assert!(summary.contains(text(n).1.unwrap()), "{summary}");
    }
}
