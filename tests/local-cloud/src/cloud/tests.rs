use std::{collections::BTreeSet, time::Duration};

use http::Request;
use serde_json::json;
use tokio::time::Instant;

use super::*;
use crate::{http_client, moto};

/// Far beyond what an invocation of the built functions takes on a busy machine.
const BOUND: Duration = Duration::from_secs(30);

async fn start() -> LocalCloud {
    LocalCloud::start(Options::default()).await.unwrap()
}

/// Status and body of a call to one of the cloud's addresses.
async fn call(
    cloud: &LocalCloud,
    address: &str,
    request: http::request::Builder,
    body: Value,
) -> (u16, Value) {
    let base = cloud.environment().get(address).unwrap();
    let (head, ()) = request.body(()).unwrap().into_parts();
    let mut request = Request::from_parts(head, Bytes::from(body.to_string()));
    *request.uri_mut() = format!("{base}{}", request.uri()).parse().unwrap();
    let answer = http_client::send(request).await.unwrap();
    let body = serde_json::from_slice(answer.body()).unwrap_or_default();
    (answer.status().as_u16(), body)
}

async fn control(cloud: &LocalCloud, method: &str, path: &str, body: Value) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path);
    call(cloud, "LOCAL_CLOUD_CONTROL_URL", request, body).await
}

async fn aws(cloud: &LocalCloud, target: &str, body: Value) -> (u16, Value) {
    let service = moto::signing_name(target);
    let scope =
        format!("AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/{service}/aws4_request");
    let request = Request::post("/")
        .header("authorization", scope)
        .header("x-amz-target", target)
        .header("content-type", "application/x-amz-json-1.1");
    call(cloud, "AWS_ENDPOINT_URL", request, body).await
}

/// Waits until `count` invocations have ended.
async fn ended(cloud: &LocalCloud, count: usize) -> Vec<(String, Invocation)> {
    let deadline = Instant::now() + BOUND;
    loop {
        let invocations = cloud.invocations();
        if invocations.len() >= count {
            return invocations;
        }
        assert!(Instant::now() < deadline, "ended are {invocations:?}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_a_function_asks_is_logged_with_its_name_and_request_id() {
    let cloud = start().await;
    let invocation = cloud.invoke("key-rotation", &json!({})).await.unwrap();
    assert_eq!(invocation.error, None);
    let asked = cloud.controls.requests(0);
    let callers: BTreeSet<_> = asked
        .iter()
        .map(|entry| entry.by.as_ref().unwrap().request_id.as_str())
        .collect();
    assert_eq!(callers, BTreeSet::from([invocation.request_id.as_str()]));
    let services: BTreeSet<_> = asked.iter().map(|entry| entry.service.as_str()).collect();
    // The Cloud API key is tried before anything else.
    let expected = ["confluent", "secretsmanager", "ssm"];
    assert_eq!(services, BTreeSet::from(expected));
}

#[tokio::test]
async fn a_fault_strikes_a_function_s_call_and_can_kill_it() {
    let cloud = start().await;
    let fault = json!([{"service": "ssm", "operation": "GetParametersByPath", "effect": "kill_caller_before"}]);
    cloud.controls.post_faults(fault).unwrap();
    let killed = cloud.invoke("key-rotation", &json!({})).await.unwrap();
    assert_eq!(killed.error.unwrap().error_type, "Runtime.ExitError");
    assert_eq!(cloud.controls.faults()[0].hits, 1);

    let next = cloud.invoke("key-rotation", &json!({})).await.unwrap();
    assert_eq!(next.error, None);
}

#[tokio::test]
async fn a_changed_environment_takes_effect_at_the_next_invocation() {
    let cloud = start().await;
    let mode = async || {
        let answer = cloud
            .invoke("key-rotation", &json!({}))
            .await
            .unwrap()
            .answer;
        answer["mode"].clone()
    };
    assert_eq!(mode().await, "apply");
    let variables = json!({"MODE": "plan"});
    let set = cloud
        .aws
        .set_function_environment("key-rotation", &variables);
    set.await.unwrap();
    assert_eq!(mode().await, "plan");
}

#[tokio::test]
async fn an_unknown_function_is_refused_with_those_known() {
    let cloud = start().await;
    let refused = cloud.invoke("key-rotatoin", &json!({})).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "function not found: `key-rotatoin`; known are `key-rotation`, `secret-rotation`, `stream-processor`"
    );
}

#[tokio::test]
async fn an_event_is_accepted_and_tried_three_times_under_one_request_id() {
    let cloud = start().await;
    let request = Request::post("/2015-03-31/functions/stream-processor/invocations")
        .header("x-amz-invocation-type", "Event");
    let (status, _) = call(&cloud, "AWS_ENDPOINT_URL", request, json!({"no": "event"})).await;
    assert_eq!(status, 202);
    let invocations = ended(&cloud, 3).await;
    let ids: BTreeSet<_> = invocations
        .iter()
        .map(|(_, each)| &each.request_id)
        .collect();
    assert_eq!((invocations.len(), ids.len()), (3, 1));
}

#[tokio::test]
async fn secrets_manager_invokes_the_rotation_function() {
    let cloud = start().await;
    let arn = cloud.function_arn("secret-rotation");
    cloud
        .aws
        .create_secret("untagged", Some("{}"), &[])
        .await
        .unwrap();
    cloud
        .aws
        .rotate_secret("untagged", Some(&arn))
        .await
        .unwrap();
    let (function, invocation) = ended(&cloud, 1).await.remove(0);
    assert_eq!(function, "secret-rotation");
    assert!(
        invocation.error.is_some(),
        "a secret without a target was rotated"
    );
}

#[tokio::test]
async fn a_stale_read_answers_from_before_the_last_change() {
    let cloud = start().await;
    cloud
        .aws
        .create_secret("s", Some("old"), &[])
        .await
        .unwrap();
    cloud.aws.put_secret_value("s", "new").await.unwrap();
    let fault = json!([{"service": "secretsmanager", "effect": "stale_read", "seconds": 0.0}]);
    cloud.controls.post_faults(fault).unwrap();
    let read = async || {
        let target = "secretsmanager.GetSecretValue";
        aws(&cloud, target, json!({"SecretId": "s"})).await
    };
    assert_eq!(read().await.1["SecretString"], "new", "the answer of now");
    let fault = json!([{"service": "secretsmanager", "effect": "stale_read", "seconds": 500}]);
    cloud.controls.post_faults(fault).unwrap();
    assert_eq!(read().await.0, 400, "before the secret was");
    assert_eq!(read().await.1["SecretString"], "new", "without a fault");
}

#[tokio::test]
async fn the_control_url_offers_the_world_time_faults_log_and_stores() {
    let cloud = start().await;
    let (status, added) = control(
        &cloud,
        "POST",
        "/world",
        json!({"service_accounts": ["sa-9"]}),
    )
    .await;
    assert_eq!(
        (status, added),
        (200, json!({"service_accounts": ["sa-9"]}))
    );
    let (_, world) = control(&cloud, "GET", "/world", Value::Null).await;
    assert!(
        world["service_accounts"]
            .as_array()
            .unwrap()
            .contains(&json!("sa-9"))
    );

    assert_eq!(
        control(&cloud, "POST", "/age", json!({"days": 0.5}))
            .await
            .0,
        200
    );
    let (_, older) = control(&cloud, "GET", "/world", Value::Null).await;
    assert_ne!(
        older["api_keys"][0]["created_at"],
        world["api_keys"][0]["created_at"]
    );

    let fault = json!([{"service": "sts", "effect": "drop"}]);
    assert_eq!(
        control(&cloud, "POST", "/faults", fault).await,
        (200, json!([{"id": 1}]))
    );
    let (_, faults) = control(&cloud, "GET", "/faults", Value::Null).await;
    assert_eq!(faults[0]["hits"], 0);
    aws(&cloud, "AmazonSSM.GetParameter", json!({"Name": "none"})).await;
    let (_, log) = control(&cloud, "GET", "/requests?since=0", Value::Null).await;
    assert_eq!(
        (&log[0]["operation"], &log[0]["status"]),
        (&json!("GetParameter"), &json!(400))
    );
    assert_eq!(
        control(&cloud, "GET", "/requests?since=1", Value::Null)
            .await
            .1,
        json!([])
    );

    let entry = |bus: &str| json!({"EventBusName": bus, "Source": "here", "DetailType": "Said", "Detail": "{\"a\": 1}"});
    let entries = json!({"Entries": [entry("default"), entry("nowhere")]});
    let (_, put) = aws(&cloud, "AWSEvents.PutEvents", entries).await;
    assert_eq!(put["FailedEntryCount"], 0);
    let (_, events) = control(&cloud, "GET", "/events", Value::Null).await;
    assert_eq!(events.as_array().unwrap().len(), 1);
    assert_eq!(events[0]["bus"], "default");
    assert_eq!(events[0]["event"]["id"], put["Entries"][0]["EventId"]);
    assert_eq!(events[0]["event"]["detail"], json!({"a": 1}));

    cloud.aws.create_secret("s", Some("{}"), &[]).await.unwrap();
    assert_eq!(control(&cloud, "POST", "/reset", json!({})).await.0, 200);
    let (_, stores) = control(&cloud, "GET", "/stores", Value::Null).await;
    let secrets = stores["secrets"].as_array().unwrap();
    assert_eq!(
        (secrets.len(), &secrets[0]["name"]),
        (1, &json!(control::CLOUD_API_KEY_SECRET))
    );
    let (_, world) = control(&cloud, "GET", "/world", Value::Null).await;
    assert!(
        !world["service_accounts"]
            .as_array()
            .unwrap()
            .contains(&json!("sa-9"))
    );
    for forgotten in ["/faults", "/events"] {
        assert_eq!(
            control(&cloud, "GET", forgotten, Value::Null).await.1,
            json!([])
        );
    }
}

#[tokio::test]
async fn the_control_url_refuses_what_it_does_not_know_by_name() {
    let cloud = start().await;
    for (method, path, body, named) in [
        ("POST", "/age", json!({"day": 1}), "`day`"),
        ("POST", "/age", json!({}), "`days`"),
        ("POST", "/reset", json!({"all": true}), "`all`"),
        ("POST", "/sync", json!({"second": 1}), "`/second`"),
        ("POST", "/rate", json!({"minute": 1}), "`/minute`"),
        ("POST", "/world", json!({"users": []}), "`/users`"),
        (
            "POST",
            "/faults",
            json!([{"service": "s3", "effect": "drop"}]),
            "`s3`",
        ),
        ("GET", "/requests?after=1", Value::Null, "`after`"),
        ("GET", "/requests?since=x", Value::Null, "`x`"),
    ] {
        let (status, answer) = control(&cloud, method, path, body).await;
        let error = answer["error"].as_str().unwrap();
        assert_eq!(status, 400, "{method} {path}: {error}");
        assert!(error.contains(named), "{method} {path}: {error}");
    }
    assert_eq!(control(&cloud, "GET", "/nothing", Value::Null).await.0, 404);
}
