//! The client against a server that says what the test tells it to.

mod answers;
mod api_keys;
mod clusters;
mod creation;
mod odd;
mod paging;
mod quota;
mod rate_limit;
mod repetition;
mod server;
mod sign_in;
mod token;

use std::{error::Error, time::Duration};

use secrecy::SecretString;
use tokio::time::Instant;

use self::server::Server;
use super::*;
use crate::http::HttpClient;

const SECRET: &str = "cflt/the+Cloud+API+secret";

fn credential() -> Credential {
    Credential {
        id: "CLOUDKEY".parse().unwrap(),
        secret: SecretString::from(SECRET),
    }
}

/// A client of `server` that waits milliseconds where the real one waits seconds.
fn client(server: &Server) -> Confluent {
    client_until(server, Duration::from_secs(20))
}

fn client_until(server: &Server, time_left: Duration) -> Confluent {
    client_with(&HttpClient::new(&[]).unwrap(), server, time_left)
}

fn client_with(http: &HttpClient, server: &Server, time_left: Duration) -> Confluent {
    let mut client = Confluent::new(
        http,
        &server.url().parse().unwrap(),
        Access::ApiKey(credential()),
        &UserAgent {
            function: "key-rotation".to_owned(),
            request_id: "r-1".to_owned(),
        },
        Instant::now() + time_left,
        &Budget::default(),
    );
    client.patience.base = Duration::from_millis(1);
    client
}

fn kafka() -> Resource {
    Resource {
        id: "lkc-1".parse().unwrap(),
        environment: Some("env-1".parse().unwrap()),
    }
}

fn registry() -> Resource {
    Resource {
        id: "lsrc-1".parse().unwrap(),
        environment: Some("env-1".parse().unwrap()),
    }
}

/// An API key as Confluent writes it.
fn api_key(id: &str) -> String {
    format!(
        r#"{{"api_version": "iam/v2", "kind": "ApiKey", "id": "{id}", "new_field": [1],
        "metadata": {{"created_at": "2026-03-01T06:16:59.527572Z", "self": "http://elsewhere/v2"}},
        "spec": {{"display_name": "orders", "description": "by hand", "secret": "",
        "owner": {{"id": "sa-1", "kind": "ServiceAccount", "related": ""}},
        "resource": {{"id": "lkc-1", "api_version": "cmk/v2", "kind": "Cluster"}}}}}}"#
    )
}

/// An error in the control plane's envelope.
fn failure(code: &str, detail: &str) -> String {
    format!(
        r#"{{"errors": [{{"id": "e-1", "status": "4xx", "code": "{code}", "detail": "{detail}", "source": {{}}}}]}}"#
    )
}

/// The chain of an error as a log shows it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}

#[test]
fn work_in_flight_may_move_between_threads() {
    fn movable(_: impl Send) {}
    fn of(
        client: &Confluent,
        id: &ApiKeyId,
        owner: &OwnerId,
        at: &Resource,
        endpoints: &Endpoints,
    ) {
        movable(client.get_api_key(id));
        movable(client.delete_api_key(id));
        movable(client.endpoints(at));
        movable(client.api_key_quota(owner, at));
        movable(client.sign_in(endpoints, at, &credential()));
    }
    let _ = of;
}
