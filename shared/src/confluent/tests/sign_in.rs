//! One round of a probe.

use super::{
    server::{Reply, Server, json, reply},
    *,
};

fn key() -> Credential {
    Credential {
        id: "NEW".parse().unwrap(),
        secret: SecretString::from("hunter2"),
    }
}

async fn at_kafka(server: &Server) -> SignIn {
    let endpoints = Endpoints::Kafka {
        bootstrap_servers: "unused:9092".to_owned(),
        rest: server.url().parse().unwrap(),
    };
    client(server).sign_in(&endpoints, &kafka(), &key()).await
}

async fn at_registry(server: &Server) -> SignIn {
    let endpoints = Endpoints::SchemaRegistry { url: server.url() };
    client(server)
        .sign_in(&endpoints, &registry(), &key())
        .await
}

async fn at_cloud(server: &Server) -> SignIn {
    client(server)
        .sign_in(&Endpoints::Cloud, &Resource::cloud(), &key())
        .await
}

#[tokio::test]
async fn each_kind_is_asked_with_the_new_key() {
    let topics = r#"{"kind": "KafkaTopicList", "data": []}"#;
    let server = Server::new([json(200, topics), json(200, "[]"), json(200, "{}")]).await;
    assert_eq!(at_kafka(&server).await, SignIn::Accepted);
    assert_eq!(at_registry(&server).await, SignIn::Accepted);
    assert_eq!(at_cloud(&server).await, SignIn::Accepted);
    assert_eq!(
        server.lines(),
        [
            "GET /kafka/v3/clusters/lkc-1/topics",
            "GET /subjects?limit=1",
            "GET /org/v2/environments?page_size=1",
        ]
    );
    for request in server.requests() {
        // NEW:hunter2
        assert!(
            request
                .headers
                .contains("authorization: Basic TkVXOmh1bnRlcjI=")
        );
        assert!(request.headers.contains("user-agent: keywheel/"));
    }
}

#[tokio::test]
async fn each_round_opens_a_connection() {
    let server = Server::new((0..3).map(|_| json(200, "[]"))).await;
    let client = client(&server);
    let endpoints = Endpoints::SchemaRegistry { url: server.url() };
    for _ in 0..3 {
        assert_eq!(
            client.sign_in(&endpoints, &registry(), &key()).await,
            SignIn::Accepted
        );
    }
    let connections: Vec<_> = server.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [0, 1, 2]);
}

#[tokio::test]
async fn answers_are_told_apart() {
    let unreachable = |why: &str| SignIn::Unreachable(why.to_owned());
    for (answer, said) in [
        (
            reply(401, &[], "<html>Unauthorized</html>"),
            SignIn::Refused,
        ),
        (
            json(401, r#"{"error_code": 401, "message": "Unauthorized"}"#),
            SignIn::Refused,
        ),
        (
            json(403, r#"{"error_code": 40301, "message": "No"}"#),
            SignIn::Forbidden,
        ),
        (
            reply(302, &[("location", "http://127.0.0.1:1/")], ""),
            unreachable("answered 302"),
        ),
        (reply(404, &[], ""), unreachable("answered 404")),
        (reply(429, &[], ""), unreachable("answered 429")),
        (reply(503, &[], ""), unreachable("answered 503")),
        (reply(204, &[], ""), unreachable("answered 204")),
        (
            reply(200, &[], ""),
            unreachable("answered 200 with nothing"),
        ),
        (
            reply(200, &[], "<html>Welcome</html>"),
            unreachable("answered 200 with something else"),
        ),
    ] {
        let server = Server::new([answer]).await;
        assert_eq!(at_registry(&server).await, said);
        assert_eq!(server.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_broken_connection_says_nothing_about_the_key() {
    let server = Server::new([Reply::Cut(String::new())]).await;
    let SignIn::Unreachable(reason) = at_kafka(&server).await else {
        panic!("a lost connection is no answer");
    };
    assert!(!reason.is_empty());

    let server = Server::new([Reply::Silence]).await;
    let endpoints = Endpoints::SchemaRegistry { url: server.url() };
    let hurried = client_until(&server, Duration::from_millis(300));
    let said = hurried.sign_in(&endpoints, &registry(), &key()).await;
    assert_eq!(said, SignIn::Unreachable("took too long".to_owned()));
    let late = client_until(&server, Duration::ZERO);
    let said = late.sign_in(&endpoints, &registry(), &key()).await;
    assert_eq!(
        said,
        SignIn::Unreachable("the deadline of the invocation has passed".to_owned())
    );
}

#[tokio::test]
async fn no_key_is_sent_in_the_clear() {
    let server = Server::new([]).await;
    let endpoints = Endpoints::SchemaRegistry {
        url: "http://psrc-1.aws".to_owned(),
    };
    let said = client(&server)
        .sign_in(&endpoints, &registry(), &key())
        .await;
    assert!(matches!(said, SignIn::Unreachable(reason) if reason.contains("https")));
}
