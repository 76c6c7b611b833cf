//! A listing is whole or an error.

use insta::assert_snapshot;

use super::{
    server::{Server, json},
    *,
};

fn page(keys: &[&str], next: &str) -> String {
    let keys: Vec<_> = keys.iter().map(|id| api_key(id)).collect();
    let data = keys.join(",");
    format!(
        r#"{{"data": [{data}], "metadata": {{"first": "x", "next": {next}, "total_size": 9}}}}"#
    )
}

async fn listed(server: &Server) -> Result<Vec<String>, ConfluentError> {
    let keys = client(server)
        .list_api_keys(&"sa-1".parse().unwrap())
        .await?;
    Ok(keys.iter().map(|key| key.id.to_string()).collect())
}

#[tokio::test]
async fn f42_pages_are_followed_on_our_own_host() {
    let next = r#""https://elsewhere.invalid/iam/v2/api-keys?page_size=100&page_token=a%2Bb%26c""#;
    let server = Server::new([
        json(200, page(&["B"], next)),
        json(200, page(&["A", "B"], "null")),
    ])
    .await;
    assert_eq!(listed(&server).await.unwrap(), ["A", "B"]);
    assert_eq!(
        server.lines(),
        [
            "GET /iam/v2/api-keys?spec.owner=sa-1&page_size=100",
            "GET /iam/v2/api-keys?spec.owner=sa-1&page_size=100&page_token=a%2Bb%26c",
        ]
    );
    let connections: Vec<_> = server.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [0, 0]);
}

#[tokio::test]
async fn each_way_to_end_a_listing_ends_it() {
    for body in [
        page(&["A"], "null"),
        page(&["A"], r#""""#),
        format!(r#"{{"data": [{}], "metadata": {{}}}}"#, api_key("A")),
        format!(r#"{{"data": [{}], "metadata": null}}"#, api_key("A")),
        format!(r#"{{"data": [{}]}}"#, api_key("A")),
    ] {
        let server = Server::new([json(200, body)]).await;
        assert_eq!(listed(&server).await.unwrap(), ["A"]);
    }
    let server = Server::new([json(200, r#"{"data": null}"#)]).await;
    assert!(listed(&server).await.unwrap().is_empty());
}

#[tokio::test]
async fn half_a_listing_is_no_listing() {
    let next = r#""https://x/iam/v2/api-keys?page_token=2""#;
    for second in [
        json(500, failure("oops", "Sorry")),
        json(403, failure("forbidden_access", "Forbidden Access")),
        json(200, r#"{"data": [{"id": "B"}]}"#),
        json(200, "{}"),
    ] {
        let server = Server::new([json(200, page(&["A"], next)), second]).await;
        let mut client = client(&server);
        client.patience.repetitions = 0;
        client
            .list_api_keys(&"sa-1".parse().unwrap())
            .await
            .unwrap_err();
    }
}

#[tokio::test]
async fn a_link_that_leads_nowhere_is_an_error() {
    for next in [
        r#""https://x/iam/v2/api-keys""#,
        r#""https://x/?page_token=""#,
        r#""garbage""#,
    ] {
        let server = Server::new([json(200, page(&["A"], next))]).await;
        let error = listed(&server).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "could not list the API keys of `sa-1`: 200, but the link to the next page has no `page_token` \
             (request id `r-1`)"
        );
    }
    let server = Server::new([json(200, page(&["A"], "7"))]).await;
    listed(&server).await.unwrap_err();
}

#[tokio::test]
async fn a_listing_that_goes_round_is_an_error() {
    let next = r#""https://x/?page_token=again""#;
    let server = Server::new((0..3).map(|_| json(200, page(&["A"], next)))).await;
    let error = listed(&server).await.unwrap_err();
    assert_snapshot!(error, @"could not list the API keys of `sa-1`: 200, but the listing does not end (request id `r-1`)");
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn keys_of_nobody_and_of_others_are_left_out() {
    let others = api_key("OTHER").replace("sa-1", "sa-2");
    let nobodys = r#"{"id": "NOBODY", "metadata": {"created_at": "2026-01-01T00:00:00Z"}, "spec": {"owner": null}}"#;
    let body = format!(r#"{{"data": [{others}, {nobodys}, {}]}}"#, api_key("A"));
    let server = Server::new([json(200, body)]).await;
    assert_eq!(listed(&server).await.unwrap(), ["A"]);
}
