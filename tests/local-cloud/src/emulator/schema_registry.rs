//! Schema Registry, without schemas: what signing in shows. Further clusters stand under `/lsrc-…` of one address.

use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{
    Gateway,
    answer::Answer,
    auth,
    call::Call,
    query::Query,
    routes::{self, Entry, Route},
    service::Service,
    state::{Endpoints, World},
};

/// Answers a call of `entry`, or of a path that nothing serves.
pub(super) fn answer(
    service: &mut Service,
    method: &Method,
    entry: Option<&Entry>,
    call: &Call<'_>,
) -> Answer {
    let Some(entry) = entry else {
        return error(StatusCode::NOT_FOUND, 404, "HTTP 404 Not Found");
    };
    let present = service.history.present();
    let cluster = cluster(&present, call);
    let of_this_cluster =
        |resource: &str| cluster.is_some_and(|cluster| resource.eq_ignore_ascii_case(cluster));
    let gateway = Gateway::SchemaRegistry;
    let caller = auth::sign_in(
        &present,
        &mut service.visits,
        gateway,
        call.headers,
        call.now,
        of_this_cluster,
    );
    let Ok(caller) = caller else {
        let answer = error(StatusCode::UNAUTHORIZED, 401, "Unauthorized");
        return answer.with(header::WWW_AUTHENTICATE, r#"Basic realm="schema-registry""#);
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
        return error(
            StatusCode::FORBIDDEN,
            403,
            "User is denied operation Read on Subject",
        );
    }
    if let Some(name) = mistyped(&call.query) {
        let message = format!("The value of the parameter '{name}' is not valid");
        return error(StatusCode::BAD_REQUEST, 400, &message);
    }
    match entry.route {
        Route::SchemaTypes => found(&json!(["JSON", "PROTOBUF", "AVRO"])),
        Route::SchemaById => schema(&call.id),
        // Writing schemas is not built yet, so there is no subject.
        _ => found(&json!([])),
    }
}

/// The cluster that the path names, else the one at the address itself.
fn cluster<'w>(world: &'w World, call: &Call<'_>) -> Option<&'w str> {
    let named = routes::cluster_prefix(call.path);
    let asked = world
        .clusters
        .iter()
        .find(|cluster| match (&cluster.endpoints, named) {
            (Endpoints::SchemaRegistry { .. }, Some(named)) => cluster.meta.is(named),
            (Endpoints::SchemaRegistry { http }, None) => *http == call.addresses.schema_registry,
            _ => false,
        });
    asked.map(|cluster| cluster.meta.id.as_str())
}

/// The first parameter whose value does not have its type. Unknown parameters are passed over, as Schema Registry does.
fn mistyped(query: &Query) -> Option<&'static str> {
    let number = |name: &&str| {
        query
            .filter(name)
            .is_some_and(|it| it.parse::<i32>().is_err())
    };
    let flag = |name: &&str| {
        query
            .filter(name)
            .is_some_and(|it| it.parse::<bool>().is_err())
    };
    let mistyped = ["offset", "limit"].into_iter().find(number);
    mistyped.or_else(|| ["deleted", "deletedOnly"].into_iter().find(flag))
}

fn schema(id: &str) -> Answer {
    match id.parse::<i32>() {
        Ok(id) => error(
            StatusCode::NOT_FOUND,
            40403,
            &format!("Schema {id} not found"),
        ),
        Err(_) => error(StatusCode::NOT_FOUND, 404, "HTTP 404 Not Found"),
    }
}

fn found(body: &Value) -> Answer {
    Answer::typed(
        StatusCode::OK,
        "application/vnd.schemaregistry.v1+json",
        body.to_string(),
    )
}

fn error(status: StatusCode, code: u32, message: &str) -> Answer {
    Answer::json(status, &json!({"error_code": code, "message": message}))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{
        Gateway,
        scene::{ACCOUNT, KAFKA, SCHEMA_REGISTRY, Scene, said},
    };

    #[test]
    fn each_cluster_has_its_path_and_its_keys() {
        let scene = Scene::new();
        let added = scene
            .emulator
            .add(json!({"clusters": [{"id": "lsrc-2"}]}))
            .unwrap();
        assert_eq!(
            added["clusters"][0]["endpoints"]["http"],
            "http://127.0.0.1:8083/lsrc-2"
        );
        let (first, second, kafka) = (
            scene.make_key(SCHEMA_REGISTRY),
            scene.make_key("lsrc-2"),
            scene.make_key(KAFKA),
        );
        let sign_in = |target, key| said(&scene.sign_in(Gateway::SchemaRegistry, target, key));
        for (target, key, status) in [
            ("/subjects?limit=1", &first, 200),
            ("/schemas/types", &first, 200),
            ("/lsrc-755ogo/subjects", &first, 200),
            ("/lsrc-2/subjects", &second, 200),
            ("/lsrc-2/subjects", &first, 401),
            ("/lsrc-3/subjects", &second, 401),
            ("/subjects", &second, 401),
            ("/subjects", &kafka, 401),
            ("/subjects?limit=ten", &first, 400),
            ("/subjects?deleted=perhaps", &first, 400),
            ("/subject", &first, 404),
        ] {
            assert_eq!(sign_in(target, key).0, status, "{target}");
        }
        assert_eq!(
            sign_in("/subjects", &kafka).1,
            json!({"error_code": 401, "message": "Unauthorized"})
        );
        assert_eq!(sign_in("/schemas/ids/1", &first).1["error_code"], 40403);
    }

    #[test]
    fn an_owner_without_rights_is_forbidden() {
        let scene = Scene::new();
        scene
            .emulator
            .add(json!({"service_accounts": [{"id": ACCOUNT, "acls": false}]}))
            .unwrap();
        let key = scene.make_key(SCHEMA_REGISTRY);
        assert_eq!(
            scene
                .sign_in(Gateway::SchemaRegistry, "/subjects", &key)
                .status(),
            403
        );
    }
}
