//! How many keys there may be.

use super::{
    server::{Server, json},
    *,
};

async fn quota(resource: &Resource, body: &str) -> (Option<Quota>, Vec<String>) {
    let server = Server::new([json(200, body)]).await;
    let quota = client(&server)
        .api_key_quota(&"sa-1".parse().unwrap(), resource)
        .await
        .unwrap();
    (quota, server.lines())
}

#[tokio::test]
async fn a_cluster_has_its_own_limit() {
    let body = r#"{"data": [
        {"id": "kafka.max_partitions.per_cluster", "applied_limit": 9},
        {"id": "kafka.max_api_keys.per_cluster", "applied_limit": 70, "kafka_cluster": {"id": "lkc-2"}},
        {"id": "kafka.max_api_keys.per_cluster", "applied_limit": 50, "default_limit": 40, "usage": 49,
         "kafka_cluster": {"id": "lkc-1"}, "environment": {"id": "env-1"}}]}"#;
    let (quota, lines) = quota(&kafka(), body).await;
    let meant = Quota {
        id: "kafka.max_api_keys.per_cluster".to_owned(),
        limit: 50,
        usage: Some(49),
    };
    assert_eq!(quota, Some(meant));
    assert_eq!(
        lines,
        [
            "GET /service-quota/v1/applied-quotas?scope=KAFKA_CLUSTER&environment=env-1&kafka_cluster=lkc-1&id=kafka.max_api_keys.per_cluster&page_size=100"
        ]
    );
}

#[tokio::test]
async fn a_registry_counts_by_service_account() {
    let body = r#"{"data": [{"id": "iam.max_cluster_api_keys.per_service_account", "applied_limit": 100}]}"#;
    let (quota, lines) = quota(&registry(), body).await;
    let quota = quota.unwrap();
    assert_eq!((quota.limit, quota.usage), (100, None));
    assert_eq!(
        lines,
        [
            "GET /service-quota/v1/applied-quotas?scope=SERVICE_ACCOUNT&id=iam.max_cluster_api_keys.per_service_account&page_size=100"
        ]
    );
}

#[tokio::test]
async fn cloud_keys_have_a_limit_of_their_own() {
    let body = r#"{"data": [
        {"id": "iam.max_cloud_api_keys.per_service_account", "applied_limit": 9, "user": {"id": "sa-2"}},
        {"id": "iam.max_cloud_api_keys.per_service_account", "applied_limit": 10, "usage": 3, "user": {"id": "sa-1"}}]}"#;
    let (quota, lines) = quota(&Resource::cloud(), body).await;
    let quota = quota.unwrap();
    assert_eq!((quota.limit, quota.usage), (10, Some(3)));
    assert!(
        lines[0].contains("&id=iam.max_cloud_api_keys.per_service_account"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn of_several_service_accounts_the_owner_counts() {
    let row = |user: &str, limit: u32, usage: u32| {
        format!(
            r#"{{"id": "iam.max_cluster_api_keys.per_service_account", "applied_limit": {limit},
                 "usage": {usage}, "user": {{"id": "{user}"}}}}"#
        )
    };
    let rows = [row("sa-2", 10, 10), row("sa-1", 100, 99)].join(",");
    let (ours, _) = quota(&registry(), &format!(r#"{{"data": [{rows}]}}"#)).await;
    let ours = ours.unwrap();
    assert_eq!((ours.limit, ours.usage), (100, Some(99)));
    let others = row("sa-2", 10, 10);
    let (none, _) = quota(&registry(), &format!(r#"{{"data": [{others}]}}"#)).await;
    assert_eq!(none, None);
}

#[tokio::test]
async fn no_limit_is_no_quota() {
    for body in [
        r#"{"data": []}"#,
        r#"{"data": [{"id": "kafka.max_api_keys.per_cluster", "applied_limit": -1}]}"#,
    ] {
        assert_eq!(quota(&kafka(), body).await.0, None);
    }
}
