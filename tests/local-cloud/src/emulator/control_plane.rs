//! The control plane (`api.confluent.cloud`): Cloud API keys, and tokens of Confluent's own STS.

use http::Method;

use super::{
    Gateway,
    answer::Answer,
    auth,
    call::Call,
    clusters::{self, Kind},
    environments,
    errors::Refusal,
    keys, quotas, references,
    routes::{Entry, Route},
    service::Service,
    service_accounts,
    state::World,
};

/// Answers a call of `entry`. Reads see `view`, which may lie in the past; the caller and writes see the present.
pub(super) fn answer(
    service: &mut Service,
    view: &World,
    method: &Method,
    entry: &Entry,
    call: &Call<'_>,
) -> Result<Answer, Refusal> {
    if entry.route == Route::Token && *method == Method::POST {
        let (answer, token) = service.tokens.exchange(call)?;
        service.handed_out.insert(token);
        return Ok(answer);
    }
    let present = service.history.present();
    let cloud = |resource: &str| resource == references::CLOUD;
    let caller = match service.tokens.admits(call.headers, call.now) {
        Some(true) => None,
        Some(false) => return Err(Refusal::unauthorized()),
        None => {
            let caller = auth::sign_in(
                &present,
                &mut service.visits,
                Gateway::ControlPlane,
                call.headers,
                call.now,
                cloud,
            );
            Some(caller.map_err(|_| Refusal::unauthorized())?)
        }
    };
    if !entry.methods.contains(&method.as_str()) {
        return Err(Refusal::method_not_allowed(entry.methods));
    }
    if let Some(caller) = caller.filter(|caller| !auth::may_act(&present, caller)) {
        return Err(Refusal::no_rights(&caller.meta.id));
    }
    match (entry.route, method) {
        (Route::ApiKeys, &Method::POST) => service.change(|world| keys::create(world, call)),
        (Route::ApiKey, &Method::PATCH) => service.change(|world| keys::update(world, call)),
        (Route::ApiKey, &Method::DELETE) => service.change(|world| keys::delete(world, call)),
        (Route::ServiceAccounts, &Method::POST) => {
            service.change(|world| service_accounts::create(world, call))
        }
        (Route::ServiceAccount, &Method::PATCH) => {
            service.change(|world| service_accounts::update(world, call))
        }
        (Route::ServiceAccount, &Method::DELETE) => {
            service.change(|world| service_accounts::delete(world, call))
        }
        (Route::ApiKeys, _) => keys::list(view, call),
        (Route::ApiKey, _) => keys::get(view, call),
        (Route::ServiceAccounts, _) => service_accounts::list(view, call),
        (Route::ServiceAccount, _) => service_accounts::get(view, call),
        (Route::KafkaClusters, _) => clusters::list(view, call, Kind::Kafka),
        (Route::KafkaCluster, _) => clusters::get(view, call, Kind::Kafka),
        (Route::SchemaRegistryClusters, _) => clusters::list(view, call, Kind::SchemaRegistry),
        (Route::SchemaRegistryCluster, _) => clusters::get(view, call, Kind::SchemaRegistry),
        (Route::Environments, _) => environments::list(view, call),
        (Route::Environment, _) => environments::get(view, call),
        (Route::AppliedQuotas, _) => quotas::list(view, call),
        // The routes of the other gateways.
        _ => Err(Refusal::unknown_path(call.path)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::super::{
        Gateway,
        scene::{ACCOUNT, KAFKA, Scene, request, said},
    };

    const PATH: &str = "/iam/v2/api-keys";

    #[test]
    fn only_live_cloud_keys_with_rights_are_let_in() {
        let scene = Scene::new();
        let ask = |key: Option<(&str, &str)>| {
            let answer = scene.emulator.handle(
                Gateway::ControlPlane,
                &request("GET", PATH, key, &Value::Null),
                None,
            );
            (
                answer.status().as_u16(),
                answer.headers().contains_key("www-authenticate"),
            )
        };
        let (cloud, kafka) = (scene.make_key("cloud"), scene.make_key(KAFKA));
        assert_eq!(ask(None), (401, true));
        assert_eq!(ask(Some((&cloud.0, "wrong"))), (401, true));
        assert_eq!(ask(Some((&kafka.0, &kafka.1))), (401, true));
        assert_eq!(ask(Some((&cloud.0, &cloud.1))), (200, false));
        scene
            .emulator
            .add(json!({"service_accounts": [{"id": ACCOUNT, "acls": false}]}))
            .unwrap();
        assert_eq!(ask(Some((&cloud.0, &cloud.1))), (403, false));
        scene.ask("DELETE", &format!("{PATH}/{}", cloud.0), Value::Null);
        assert_eq!(ask(Some((&cloud.0, &cloud.1))), (401, true));
    }

    #[test]
    fn an_error_has_the_id_of_its_request() {
        let scene = Scene::new();
        let response = scene.ask_for_response("GET", "/iam/v2/users", &Value::Null);
        let (status, body) = said(&response);
        let error = &body["errors"][0];
        assert_eq!(
            (status, &error["status"], &error["code"]),
            (404, &"404".into(), &"not_found".into())
        );
        assert_eq!(
            response.headers()["x-request-id"],
            error["id"].as_str().unwrap()
        );
    }

    #[test]
    fn other_methods_are_not_allowed() {
        let response = Scene::new().ask_for_response("PUT", PATH, &json!({}));
        assert_eq!(
            (response.status().as_u16(), &response.headers()["allow"]),
            (405, &"GET, POST".parse().unwrap())
        );
    }

    #[test]
    fn a_body_is_json_and_says_so() {
        let scene = Scene::new();
        let (id, secret) = scene.emulator.cloud_api_key();
        for (content_type, body) in [
            ("application/json", "{"),
            ("text/plain", "{}"),
            ("application/json", ""),
        ] {
            let mut request = request("POST", PATH, Some((&id, &secret)), &json!({}));
            request
                .headers_mut()
                .insert("content-type", content_type.parse().unwrap());
            *request.body_mut() = body.into();
            let (status, refused) =
                said(&scene.emulator.handle(Gateway::ControlPlane, &request, None));
            assert_eq!(
                (status, &refused["errors"][0]["code"]),
                (400, &"invalid_request_body".into()),
                "{body}"
            );
        }
    }

    #[test]
    fn over_the_limit_is_429_with_a_time_to_wait() {
        let scene = Scene::new();
        assert_eq!(
            scene
                .emulator
                .set_rate(json!({"per_second": 0.1, "burst": 1}))
                .unwrap()["headers"],
            true
        );
        assert_eq!(
            scene.ask_for_response("GET", PATH, &Value::Null).headers()["x-ratelimit-remaining"],
            "0"
        );
        let refused = scene.ask_for_response("GET", PATH, &Value::Null);
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()["retry-after"]),
            (429, &"10".parse().unwrap())
        );
        assert_eq!(scene.emulator.set_rate(json!({})).unwrap(), json!({}));
        assert_eq!(scene.get(PATH).0, 200);
    }

    #[test]
    fn a_stale_read_shows_the_past_and_a_write_does_not() {
        let scene = Scene::new();
        let (id, secret) = scene.emulator.cloud_api_key();
        let (key, _) = scene.make_key(KAFKA);
        let long_ago = Some(Duration::from_secs(60));
        let path = format!("{PATH}/{key}");
        let ask = |method: &str| {
            let request = request(method, &path, Some((&id, &secret)), &Value::Null);
            scene
                .emulator
                .handle(Gateway::ControlPlane, &request, long_ago)
                .status()
                .as_u16()
        };
        assert_eq!([ask("GET"), ask("DELETE")], [403, 204]);
    }
}
