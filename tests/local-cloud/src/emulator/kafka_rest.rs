//! Kafka REST v3, as far as signing in shows: a cluster takes its own keys only. All clusters share one address.

use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{
    Gateway,
    answer::Answer,
    auth::{self, Refused},
    call::Call,
    routes::{Entry, Route},
    service::Service,
    state::World,
};

/// Answers a call of `entry`, or of a path that nothing serves.
pub(super) fn answer(
    service: &mut Service,
    view: &World,
    method: &Method,
    entry: Option<&Entry>,
    call: &Call<'_>,
) -> Answer {
    let Some(entry) = entry else {
        return error(StatusCode::NOT_FOUND, 404, "HTTP 404 Not Found");
    };
    let present = service.history.present();
    let of_this_cluster = |resource: &str| match entry.route {
        Route::RestClusters => resource.starts_with("lkc-"),
        _ => resource.starts_with("lkc-") && resource.eq_ignore_ascii_case(&call.id),
    };
    let caller = auth::sign_in(
        &present,
        &mut service.visits,
        Gateway::KafkaRest,
        call.headers,
        call.now,
        of_this_cluster,
    );
    let caller = match caller {
        Ok(caller) => caller,
        Err(refused) => return unauthorized(refused, call.path),
    };
    if !entry.methods.contains(&method.as_str()) {
        let answer = error(
            StatusCode::METHOD_NOT_ALLOWED,
            405,
            "HTTP 405 Method Not Allowed",
        );
        return answer.with(header::ALLOW, &entry.methods.join(", "));
    }
    if !auth::may_act(&present, caller) {
        return error(StatusCode::FORBIDDEN, 40301, "Request is not authorized");
    }
    let Some(cluster) = view.cluster(&caller.resource) else {
        return error(StatusCode::NOT_FOUND, 404, "HTTP 404 Not Found");
    };
    let here = format!("{}/kafka/v3/clusters", call.addresses.kafka_rest);
    let id = cluster.meta.id.as_str();
    let body = match entry.route {
        Route::RestClusters => list("KafkaClusterList", &here, &[cluster_json(&here, id)]),
        Route::RestTopics => list("KafkaTopicList", &format!("{here}/{id}/topics"), &[]),
        _ => cluster_json(&here, id),
    };
    Answer::json(StatusCode::OK, &body)
}

/// Before a key is in sync it is the proxy in front that refuses it, which answers with a page.
fn unauthorized(refused: Refused, path: &str) -> Answer {
    let answer = match refused {
        Refused::NotInSync => Answer::typed(
            StatusCode::UNAUTHORIZED,
            "text/html;charset=utf-8",
            page(path),
        ),
        Refused::NoCredentials | Refused::Unknown => {
            error(StatusCode::UNAUTHORIZED, 40101, "Authentication failed")
        }
    };
    answer.with(header::WWW_AUTHENTICATE, r#"Basic realm="kafka-rest""#)
}

fn page(path: &str) -> String {
    let path = path.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html;charset=utf-8\"/>\n\
         <title>Error 401 Unauthorized</title>\n</head>\n<body><h2>HTTP ERROR 401 Unauthorized</h2>\n<table>\n\
         <tr><th>URI:</th><td>{path}</td></tr>\n<tr><th>STATUS:</th><td>401</td></tr>\n\
         <tr><th>MESSAGE:</th><td>Unauthorized</td></tr>\n</table>\n</body>\n</html>\n"
    )
}

fn error(status: StatusCode, code: u32, message: &str) -> Answer {
    Answer::json(status, &json!({"error_code": code, "message": message}))
}

/// Kafka REST does not page.
fn list(kind: &str, url: &str, data: &[Value]) -> Value {
    json!({"kind": kind, "metadata": {"self": url, "next": null}, "data": data})
}

fn cluster_json(here: &str, id: &str) -> Value {
    let url = format!("{here}/{id}");
    let mut cluster = json!({
        "kind": "KafkaCluster",
        "metadata": {"self": url, "resource_name": format!("crn:///kafka={id}")},
        "cluster_id": id,
    });
    for (field, path) in [
        ("acls", "acls"),
        ("brokers", "brokers"),
        ("broker_configs", "broker-configs"),
        ("consumer_groups", "consumer-groups"),
        ("topics", "topics"),
        (
            "partition_reassignments",
            "topics/-/partitions/-/reassignment",
        ),
    ] {
        cluster[field] = json!({"related": format!("{url}/{path}")});
    }
    cluster
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{
        Gateway,
        scene::{ACCOUNT, KAFKA, SCHEMA_REGISTRY, Scene, request, said},
    };

    const TOPICS: &str = "/kafka/v3/clusters/lkc-c29js0/topics";

    #[test]
    fn a_cluster_takes_its_own_keys_only() {
        let scene = Scene::new();
        scene
            .emulator
            .add(json!({"clusters": ["lkc-other"]}))
            .unwrap();
        let (own, other, registry) = (
            scene.make_key(KAFKA),
            scene.make_key("lkc-other"),
            scene.make_key(SCHEMA_REGISTRY),
        );
        let sign_in = |target, key| said(&scene.sign_in(Gateway::KafkaRest, target, key));
        let (status, topics) = sign_in(TOPICS, &own);
        assert_eq!(
            (status, &topics["kind"], &topics["data"]),
            (200, &"KafkaTopicList".into(), &json!([]))
        );
        assert_eq!(
            sign_in("/kafka/v3/clusters/LKC-C29JS0", &own).1["cluster_id"],
            KAFKA
        );
        assert_eq!(
            sign_in("/kafka/v3/clusters", &other).1["data"][0]["cluster_id"],
            "lkc-other"
        );
        let forged = (own.0.clone(), "wrong".to_owned());
        for stranger in [&other, &registry, &forged] {
            let (status, error) = sign_in(TOPICS, stranger);
            assert_eq!((status, &error["error_code"]), (401, &40101.into()));
        }
        let anonymous = scene.emulator.handle(
            Gateway::KafkaRest,
            &request("GET", TOPICS, None, &json!(null)),
            None,
        );
        assert_eq!(anonymous.status(), 401);
        assert_eq!(sign_in("/kafka/v2/topics", &own).0, 404);
    }

    #[test]
    fn a_key_that_is_not_in_sync_gets_a_page() {
        let scene = Scene::new();
        scene.emulator.set_sync(json!({"seconds": 100})).unwrap();
        let answer = scene.sign_in(Gateway::KafkaRest, TOPICS, &scene.make_key(KAFKA));
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.headers()["content-type"], "text/html;charset=utf-8");
        assert!(answer.body().starts_with(b"<html>"));
    }

    #[test]
    fn an_owner_without_rights_is_forbidden() {
        let scene = Scene::new();
        scene
            .emulator
            .add(json!({"service_accounts": [{"id": ACCOUNT, "acls": false}]}))
            .unwrap();
        let (status, error) =
            said(&scene.sign_in(Gateway::KafkaRest, TOPICS, &scene.make_key(KAFKA)));
        assert_eq!((status, &error["error_code"]), (403, &40301.into()));
    }
}
