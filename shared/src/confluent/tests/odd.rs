//! Answers that nobody documented: each is read or told as what it is, and no secret in it is repeated.

use std::fmt::Debug;

use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

use super::{
    server::{Reply, Server, reply, reply_bytes},
    *,
};
use crate::odd_input::{MARK, json, mutated, torn};

/// What each operation is answered when all is well.
fn good() -> Vec<Value> {
    let mut key: Value = serde_json::from_str(&api_key("ABC")).unwrap();
    key["spec"]["secret"] = MARK.into();
    vec![
        key.clone(),
        json!({"data": [key], "metadata": {"next": "https://x/?page_token=t", "total_size": 1}}),
        json!({"data": [{"id": "kafka.max_api_keys.per_cluster", "applied_limit": 50, "usage": 49,
            "kafka_cluster": {"id": "lkc-1"}, "user": {"id": "sa-1"}}]}),
        json!({"id": "lkc-1", "status": {"phase": "PROVISIONED"}, "spec": {
            "kafka_bootstrap_endpoint": "SASL_SSL://a:9092", "http_endpoint": "https://a:443",
            "endpoints": {"PUBLIC": {"kafka_bootstrap_endpoint": "b:9092", "http_endpoint": "https://b",
                "connection_type": "PUBLIC"}}}}),
        json!({"id": "lsrc-1", "status": {"phase": "PROVISIONED"}, "spec": {"http_endpoint": "https://c",
            "private_networking_config": {"regional_endpoints": {"us-east-1": "https://d"}}}}),
        json!({"errors": [{"id": "e", "status": "4", "code": "c", "detail": "d", "title": "t"}], "secret": MARK}),
        json!({"error": {"code": 40301, "message": "m"}, "api_secret": MARK}),
    ]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let bytes = |json: Value| json.to_string().into_bytes();
    prop_oneof![
        4 => select(good()).prop_flat_map(mutated).prop_map(bytes),
        2 => select(good()).prop_flat_map(|json| torn(json.to_string())).prop_map(String::into_bytes),
        1 => json().prop_map(bytes),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

/// Every operation is answered the same: who asks for what is not the answer's to choose.
async fn ask(http: &HttpClient, operation: usize, answer: Reply) -> Result<String, ConfluentError> {
    // A listing may say that there is more, and a 429 that it comes again.
    let server = Server::new([answer, reply(200, &[], r#"{"data": null}"#)]).await;
    let mut client = client_with(http, &server, Duration::from_secs(20));
    client.patience.repetitions = 0;
    let (id, owner) = ("ABC".parse().unwrap(), "sa-1".parse().unwrap());
    fn shown(found: impl Debug) -> String {
        format!("{found:?}")
    }
    match operation {
        0 => client.list_api_keys(&owner).await.map(shown),
        1 => client.get_api_key(&id).await.map(shown),
        2 => client.set_description(&id, "text").await.map(shown),
        3 => client.delete_api_key(&id).await.map(shown),
        4 => client.api_key_quota(&owner, &kafka()).await.map(shown),
        5 => client.endpoints(&kafka()).await.map(shown),
        6 => client.endpoints(&registry()).await.map(shown),
        _ => {
            let resource = "lkc-1".parse().unwrap();
            let new = NewApiKey {
                owner: &owner,
                resource: &resource,
                display_name: "orders",
                description: "a marker",
            };
            let made = client.create_api_key(&new).await;
            match made {
                Ok(made) => Ok(shown(made)),
                Err(CreateError::Refused { source } | CreateError::Unknown { source, .. }) => {
                    Err(source)
                }
            }
        }
    }
}

#[test]
fn f46_any_answer_is_read_or_told_without_a_secret_in_it() {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    let http = HttpClient::new(&[]).unwrap();
    let status = prop_oneof![3 => Just(200_u16), 1 => select(vec![202, 204, 302, 400, 401, 403, 404, 409, 500, 503])];
    let wait = select(vec!["0", "-1", "1e300", "18446744073709551616", "soon"]);
    let cases = (0_usize..8, status, wait, body());
    proptest!(ProptestConfig::with_cases(256), |((operation, status, wait, body) in cases)| {
        let answer = reply_bytes(status, &[("retry-after", wait)], &body);
        let told = match runtime.block_on(ask(&http, operation, answer)) {
            Ok(read) => read,
            Err(error) => {
                let text = chain(&error);
                prop_assert!(!text.is_empty() && !text.contains(char::is_control), "{}", text);
                format!("{text} {error:?}")
            }
        };
        prop_assert!(!told.contains(MARK), "{}", told);
    });
}
