//! What the emulator's tests share: an emulator and how to ask it.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, Response, header};
use serde_json::Value;

use super::{Addresses, Emulator, Gateway};

/// An emulator with its Cloud API key.
pub(super) struct Scene {
    pub(super) emulator: Emulator,
    cloud: (String, String),
}

/// Ids of the seed.
pub(super) const ENVIRONMENT: &str = "env-9zz1d";
pub(super) const KAFKA: &str = "lkc-c29js0";
pub(super) const SCHEMA_REGISTRY: &str = "lsrc-755ogo";
pub(super) const ACCOUNT: &str = "sa-12mgdv";

/// The status and the JSON body (null when there is none).
pub(super) type Said = (u16, Value);

impl Scene {
    pub(super) fn new() -> Self {
        let emulator = Emulator::seeded(Addresses {
            control_plane: "http://127.0.0.1:8081".to_owned(),
            kafka_rest: "http://127.0.0.1:8082".to_owned(),
            schema_registry: "http://127.0.0.1:8083".to_owned(),
            kafka_bootstrap: "localhost:9094".to_owned(),
        });
        let cloud = emulator.cloud_api_key();
        Self { emulator, cloud }
    }

    /// Asks the control plane with the Cloud API key.
    #[expect(clippy::needless_pass_by_value, reason = "tests write the body inline")]
    pub(super) fn ask(&self, method: &str, target: &str, body: Value) -> Said {
        said(&self.ask_for_response(method, target, &body))
    }

    pub(super) fn ask_for_response(
        &self,
        method: &str,
        target: &str,
        body: &Value,
    ) -> Response<Bytes> {
        let request = request(method, target, Some((&self.cloud.0, &self.cloud.1)), body);
        self.emulator.handle(Gateway::ControlPlane, &request, None)
    }

    pub(super) fn get(&self, target: &str) -> Said {
        self.ask("GET", target, Value::Null)
    }

    /// Makes a key of the seed's first service account for `resource`; answers id and secret.
    pub(super) fn make_key(&self, resource: &str) -> (String, String) {
        let body =
            serde_json::json!({"spec": {"owner": {"id": ACCOUNT}, "resource": {"id": resource}}});
        let (status, key) = self.ask("POST", "/iam/v2/api-keys", body);
        assert_eq!(status, 202, "{key}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&key["id"]), text(&key["spec"]["secret"]))
    }

    /// Signs in at `gateway` with a key.
    pub(super) fn sign_in(
        &self,
        gateway: Gateway,
        target: &str,
        key: &(String, String),
    ) -> Response<Bytes> {
        let request = request("GET", target, Some((&key.0, &key.1)), &Value::Null);
        self.emulator.handle(gateway, &request, None)
    }
}

/// A request with Basic authentication; `body` null is none.
pub(super) fn request(
    method: &str,
    target: &str,
    key: Option<(&str, &str)>,
    body: &Value,
) -> Request<Bytes> {
    let mut request = Request::builder().method(method).uri(target);
    if let Some((id, secret)) = key {
        let credentials = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        request = request.header(header::AUTHORIZATION, credentials);
    }
    if body.is_null() {
        return request.body(Bytes::new()).unwrap();
    }
    request
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.to_string().into())
        .unwrap()
}

pub(super) fn said(response: &Response<Bytes>) -> Said {
    (
        response.status().as_u16(),
        serde_json::from_slice(response.body()).unwrap_or_default(),
    )
}
