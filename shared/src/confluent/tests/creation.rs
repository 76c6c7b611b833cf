//! A creation is sent once; what is not known is told apart from what did not happen.

use insta::assert_snapshot;
use secrecy::ExposeSecret;

use super::{
    server::{Reply, Server, json, reply},
    *,
};

async fn create(server: &Server) -> Result<(ApiKey, SecretString), CreateError> {
    create_with(&client(server)).await
}

async fn create_with(client: &Confluent) -> Result<(ApiKey, SecretString), CreateError> {
    let (owner, resource) = ("sa-1".parse().unwrap(), "lkc-1".parse().unwrap());
    let new = NewApiKey {
        owner: &owner,
        resource: &resource,
        display_name: "orders",
        description: "a marker",
    };
    let made = client.create_api_key(&new).await?;
    assert_eq!(made.request_id, "r-1");
    Ok(made.what)
}

fn created(secret: &str) -> String {
    api_key("NEW").replace(r#""secret": """#, &format!(r#""secret": "{secret}""#))
}

#[tokio::test]
async fn a_new_key_comes_with_its_secret() {
    for status in [200, 201, 202] {
        let server = Server::new([json(status, created("cflt+hunter2"))]).await;
        let (key, secret) = create(&server).await.unwrap();
        assert_eq!(key.id.as_str(), "NEW");
        #[allow(clippy::disallowed_methods, reason = "a made-up secret is compared")]
        let secret = secret.expose_secret();
        assert_eq!(secret, "cflt+hunter2");
        let requests = server.requests();
        assert_eq!(requests[0].line, "POST /iam/v2/api-keys");
        let sent: serde_json::Value = serde_json::from_str(&requests[0].body).unwrap();
        let meant = serde_json::json!({"spec": {
            "display_name": "orders", "description": "a marker",
            "owner": {"id": "sa-1"}, "resource": {"id": "lkc-1"},
        }});
        assert_eq!(sent, meant);
    }
}

#[tokio::test]
async fn a_cloud_api_key_is_asked_for_without_a_resource() {
    let server = Server::new([json(202, created("cflt+hunter2"))]).await;
    let (owner, resource) = ("sa-1".parse().unwrap(), "cloud".parse().unwrap());
    let new = NewApiKey {
        owner: &owner,
        resource: &resource,
        display_name: "cloud",
        description: "a marker",
    };
    client(&server).create_api_key(&new).await.unwrap();
    let sent: serde_json::Value = serde_json::from_str(&server.requests()[0].body).unwrap();
    assert_eq!(sent["spec"].get("resource"), None);
}

#[tokio::test]
async fn a_refusal_made_nothing() {
    for status in [400, 401, 402, 403, 404, 409, 422] {
        let server = Server::new([json(status, failure("no", "No"))]).await;
        let error = create(&server).await.unwrap_err();
        assert!(
            matches!(error, CreateError::Refused { .. }),
            "{status}: {error:?}"
        );
        assert_eq!(server.lines(), ["POST /iam/v2/api-keys"]);
        if status == 402 {
            assert_snapshot!(chain(&error), @"no API key was created: could not create an API key of `sa-1` for `lkc-1`: 402 `no`: No (request id `r-1`)");
        }
    }
}

#[tokio::test]
async fn no_connection_and_no_time_made_nothing() {
    let server = Server::new([]).await;
    let client = client(&server);
    let late = client_until(&server, Duration::ZERO);
    let error = create_with(&late).await.unwrap_err();
    assert!(matches!(error, CreateError::Refused { .. }), "{error:?}");
    assert_snapshot!(chain(&error), @"no API key was created: could not create an API key of `sa-1` for `lkc-1`: the deadline of the invocation has passed");
    assert!(server.requests().is_empty());

    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let nobody = Confluent::new(
        &client.http,
        &url.parse().unwrap(),
        Access::ApiKey(credential()),
        &UserAgent {
            function: "f".to_owned(),
            request_id: "r".to_owned(),
        },
        Instant::now() + Duration::from_secs(10),
        &Budget::default(),
    );
    let error = create_with(&nobody).await.unwrap_err();
    assert!(matches!(error, CreateError::Refused { .. }), "{error:?}");
    assert_snapshot!(error.source().unwrap(), @"could not create an API key of `sa-1` for `lkc-1`: no connection could be made");
}

#[tokio::test]
async fn a_lost_answer_may_have_made_a_key() {
    let half = "HTTP/1.1 202 status\r\ncontent-length: 900\r\n\r\n{\"id\": \"NEW\", \"spec\"";
    for answer in [
        Reply::Cut(String::new()),
        Reply::Cut(half.to_owned()),
        json(202, r#"{"id": "NEW", "spec": {"secret": "hunter2"#),
        reply(202, &[], "<html>hunter2</html>"),
        json(202, r#"{"id": "NEW", "spec": {"secret": ["hunter2"]}}"#),
        reply(204, &[], ""),
        reply(303, &[("location", "/iam/v2/api-keys/NEW")], ""),
        json(408, failure("timeout", "Too slow")),
        json(500, failure("oops", "Sorry")),
        reply(503, &[("retry-after", "0")], ""),
    ] {
        let server = Server::new([answer]).await;
        let error = create(&server).await.unwrap_err();
        assert!(
            matches!(error, CreateError::Unknown { api_key: None, .. }),
            "{error:?}"
        );
        assert_eq!(server.lines(), ["POST /iam/v2/api-keys"]);
        assert!(!format!("{error:?} {}", chain(&error)).contains("hunter2"));
    }
}

#[tokio::test]
async fn a_time_out_may_have_made_a_key() {
    let server = Server::new([Reply::Silence]).await;
    let hurried = client_until(&server, Duration::from_millis(300));
    let error = create_with(&hurried).await.unwrap_err();
    assert!(matches!(error, CreateError::Unknown { .. }), "{error:?}");
    assert_snapshot!(error.source().unwrap(), @"could not create an API key of `sa-1` for `lkc-1`: the answer took too long");
    assert_eq!(server.lines(), ["POST /iam/v2/api-keys"]);
}

#[tokio::test]
async fn an_answer_without_a_secret_names_the_key() {
    let undated = r#"{"id": "NEW", "spec": {"secret": "hunter2"}}"#;
    let absent = r#"{"id": "NEW", "spec": {}}"#;
    let null = r#"{"id": "NEW", "spec": {"secret": null}}"#;
    for body in [&*created(""), absent, null, undated] {
        let server = Server::new([json(202, body)]).await;
        let error = create(&server).await.unwrap_err();
        let CreateError::Unknown {
            api_key: Some(id), ..
        } = &error
        else {
            panic!("{error:?}");
        };
        assert_eq!(id.as_str(), "NEW");
        assert!(!format!("{error:?} {}", chain(&error)).contains("hunter2"));
        if body == absent {
            assert_snapshot!(chain(&error), @"an API key may have been created whose secret is lost: could not create an API key of `sa-1` for `lkc-1`: 202, but the answer has no secret (request id `r-1`)");
        }
    }
}
