//! Endpoints as clients write them.

use insta::assert_snapshot;

use super::{
    server::{Server, json},
    *,
};

async fn endpoints(
    resource: &Resource,
    spec: &str,
    phase: &str,
) -> Result<Endpoints, ConfluentError> {
    let body = format!(r#"{{"id": "x", "spec": {spec}, "status": {{"phase": "{phase}"}}}}"#);
    let server = Server::new([json(200, body)]).await;
    let endpoints = client(&server).endpoints(resource).await;
    let group = if resource.kind() == ResourceKind::Kafka {
        "cmk/v2"
    } else {
        "srcm/v3"
    };
    assert_eq!(
        server.lines(),
        [format!(
            "GET /{group}/clusters/{}?environment=env-1",
            resource.id
        )]
    );
    endpoints
}

async fn kafka_at(spec: &str) -> Result<String, ConfluentError> {
    match endpoints(&kafka(), spec, "PROVISIONED").await? {
        Endpoints::Kafka {
            bootstrap_servers,
            rest,
        } => Ok(format!("{bootstrap_servers} {rest}")),
        other => panic!("{other:?}"),
    }
}

async fn registry_at(spec: &str) -> Result<String, ConfluentError> {
    match endpoints(&registry(), spec, "PROVISIONED").await? {
        Endpoints::SchemaRegistry { url } => Ok(url),
        other => panic!("{other:?}"),
    }
}

fn point(host: &str) -> String {
    format!(
        r#"{{"kafka_bootstrap_endpoint": "{host}:9092", "http_endpoint": "https://{host}", "connection_type": "X"}}"#
    )
}

#[tokio::test]
async fn bootstrap_servers_lose_their_protocol() {
    let deprecated = |bootstrap| {
        format!(
            r#"{{"kafka_bootstrap_endpoint": "{bootstrap}", "http_endpoint": "https://pkc-1.aws:443", "endpoints": {{}}}}"#
        )
    };
    for bootstrap in [
        "SASL_SSL://pkc-1:9092",
        "pkc-1:9092",
        "sasl_ssl://pkc-1:9092",
    ] {
        assert_eq!(
            kafka_at(&deprecated(bootstrap)).await.unwrap(),
            "pkc-1:9092 https://pkc-1.aws/"
        );
    }
    assert_eq!(
        kafka_at(&deprecated("SASL_SSL://a:1, SASL_SSL://b:2"))
            .await
            .unwrap(),
        "a:1,b:2 https://pkc-1.aws/"
    );
}

#[tokio::test]
async fn the_public_access_point_goes_before_the_only_one() {
    let both = format!(
        r#"{{"kafka_bootstrap_endpoint": "old:1", "http_endpoint": "https://old",
        "endpoints": {{"ap1pni123": {}, "PUBLIC": {}}}}}"#,
        point("private"),
        point("public")
    );
    assert_eq!(
        kafka_at(&both).await.unwrap(),
        "public:9092 https://public/"
    );
    let only = format!(r#"{{"endpoints": {{"ap1pni123": {}}}}}"#, point("private"));
    assert_eq!(
        kafka_at(&only).await.unwrap(),
        "private:9092 https://private/"
    );
    let several = format!(
        r#"{{"endpoints": {{"ap1": {}, "ap2": {}}}}}"#,
        point("a"),
        point("b")
    );
    let error = kafka_at(&several).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoEndpoint);
    assert_snapshot!(error, @"`lkc-1` has several access points and none is `PUBLIC`: `ap1`, `ap2`");
}

#[tokio::test]
async fn a_registry_is_reached_in_public_before_private() {
    let spec = r#"{"http_endpoint": "https://psrc-1.aws", "private_http_endpoint": "https://p"}"#;
    assert_eq!(registry_at(spec).await.unwrap(), "https://psrc-1.aws");
    let regional = r#"{"http_endpoint": "", "private_networking_config":
        {"regional_endpoints": {"us-east-1": "https://regional/"}}, "private_http_endpoint": "https://p"}"#;
    assert_eq!(registry_at(regional).await.unwrap(), "https://regional");
    let private = r#"{"private_networking_config": {}, "private_http_endpoint": "https://p"}"#;
    assert_eq!(registry_at(private).await.unwrap(), "https://p");
    let several = r#"{"private_networking_config": {"regional_endpoints": {"a": "https://a", "b": "https://b"}}}"#;
    assert_snapshot!(registry_at(several).await.unwrap_err(), @"`lsrc-1` has several access points and none is `PUBLIC`: `a`, `b`");
}

#[tokio::test]
async fn what_is_not_there_yet_is_told() {
    for phase in ["PROVISIONING", "FAILED"] {
        let error = endpoints(&registry(), r#"{"http_endpoint": "https://p"}"#, phase)
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`lsrc-1` is not provisioned yet (phase `{phase}`)")
        );
    }
    assert_snapshot!(kafka_at("{}").await.unwrap_err(), @"`lkc-1` has no endpoints");
    assert_snapshot!(registry_at("{}").await.unwrap_err(), @"`lsrc-1` has no endpoints");
}

#[tokio::test]
async fn no_credential_goes_in_the_clear() {
    let spec = r#"{"kafka_bootstrap_endpoint": "a:1", "http_endpoint": "http://pkc-1.aws"}"#;
    assert_snapshot!(chain(&kafka_at(spec).await.unwrap_err()), @"the endpoint of `lkc-1` cannot be used: expected `https` (plain `http` only to a loopback address), but got `http` to `pkc-1.aws`");
    registry_at(r#"{"http_endpoint": "http://psrc-1.aws"}"#)
        .await
        .unwrap_err();
    registry_at(r#"{"http_endpoint": "http://127.0.0.1:8081"}"#)
        .await
        .unwrap();
}

#[tokio::test]
async fn every_environment_is_asked_for_its_clusters_of_both_kinds() {
    let list = |ids: &[&str]| {
        let data: Vec<_> = ids.iter().map(|id| serde_json::json!({"id": id})).collect();
        json(200, serde_json::json!({ "data": data }).to_string())
    };
    let server = Server::new([list(&["env-1", "of another form"]), list(&[]), list(&[])]).await;
    let found = client(&server).clusters_by_environment().await.unwrap();
    assert!(found.is_empty());
    let mut lines = server.lines();
    lines.sort();
    assert_eq!(
        lines,
        [
            "GET /cmk/v2/clusters?environment=env-1&page_size=100",
            "GET /org/v2/environments?page_size=100",
            "GET /srcm/v3/clusters?environment=env-1&page_size=100",
        ]
    );
    let refused = json(403, failure("forbidden_access", "Forbidden Access"));
    let server = Server::new([list(&["env-1"]), refused, list(&["lsrc-1"])]).await;
    client(&server).clusters_by_environment().await.unwrap_err();
}
