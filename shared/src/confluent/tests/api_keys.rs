//! Reading, describing and deleting API keys.

use insta::assert_snapshot;
use time::format_description::well_known::Rfc3339;

use super::{
    server::{Server, json, reply},
    *,
};

fn id() -> ApiKeyId {
    "ABC".parse().unwrap()
}

#[tokio::test]
async fn f15_a_key_is_read_leniently() {
    let server = Server::new([json(200, api_key("ABC"))]).await;
    let key = client(&server).get_api_key(&id()).await.unwrap().unwrap();
    assert_eq!(key.id, id());
    assert_eq!(key.owner.as_deref(), Some("sa-1"));
    assert_eq!(key.resource.as_deref(), Some("lkc-1"));
    assert_eq!(key.display_name, "orders");
    assert_eq!(key.description, "by hand");
    let created_at = key.created_at.format(&Rfc3339).unwrap();
    assert_eq!(created_at, "2026-03-01T06:16:59.527572Z");
    assert!(key.belongs_to(&"sa-1".parse().unwrap(), &"LKC-1".parse().unwrap()));
    assert!(!key.belongs_to(&"sa-2".parse().unwrap(), &"lkc-1".parse().unwrap()));
    assert_eq!(server.lines(), ["GET /iam/v2/api-keys/ABC"]);
}

#[tokio::test]
async fn gone_is_404_or_a_403_that_does_not_blame_our_key() {
    let gone = [
        json(404, failure("api_key_not_found", "Gone")),
        reply(404, &[], ""),
        json(403, failure("forbidden_access", "Forbidden Access")),
    ];
    for answer in gone {
        let server = Server::new([answer]).await;
        assert_eq!(client(&server).get_api_key(&id()).await.unwrap(), None);
    }
    let unknown = [
        json(
            403,
            failure("forbidden_access", "invalid API key: use a valid one"),
        ),
        reply(403, &[], "<html>Blocked by the proxy</html>"),
        json(401, failure("unauthorized", "Unauthorized")),
        json(500, failure("oops", "Sorry")),
    ];
    for answer in unknown {
        let server = Server::new([answer]).await;
        client(&server).get_api_key(&id()).await.unwrap_err();
    }
}

#[tokio::test]
async fn a_description_is_replaced_once() {
    let server = Server::new([json(200, api_key("ABC"))]).await;
    let done = client(&server)
        .set_description(&id(), "new text")
        .await
        .unwrap();
    assert_eq!(done.what.description, "by hand");
    assert_eq!(done.request_id, "r-1");
    assert_eq!(server.lines(), ["PATCH /iam/v2/api-keys/ABC"]);
    assert_eq!(
        server.requests()[0].body,
        r#"{"spec":{"description":"new text"}}"#
    );
}

#[tokio::test]
async fn a_deletion_is_told_as_it_was_answered() {
    for (answer, said) in [
        (reply(204, &[], ""), Deletion::Deleted),
        (json(404, failure("not_found", "Gone")), Deletion::NotFound),
        (
            json(403, failure("forbidden_access", "Forbidden Access")),
            Deletion::NotFound,
        ),
    ] {
        let server = Server::new([answer]).await;
        let done = client(&server).delete_api_key(&id()).await.unwrap();
        assert_eq!(done.what, said);
        assert_eq!(server.lines(), ["DELETE /iam/v2/api-keys/ABC"]);
    }
    let server = Server::new([json(403, failure("forbidden_access", "invalid API key"))]).await;
    let error = client(&server).delete_api_key(&id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_snapshot!(error, @"could not delete API key `ABC`: 403 `forbidden_access`: invalid API key (request id `r-1`)");
}

#[tokio::test]
async fn a_write_that_may_have_arrived_is_never_repeated() {
    for status in [408, 500, 503] {
        let server = Server::new([
            reply(status, &[("retry-after", "0")], ""),
            reply(status, &[("retry-after", "0")], ""),
        ])
        .await;
        client(&server)
            .set_description(&id(), "text")
            .await
            .unwrap_err();
        client(&server).delete_api_key(&id()).await.unwrap_err();
        assert_eq!(
            server.lines(),
            ["PATCH /iam/v2/api-keys/ABC", "DELETE /iam/v2/api-keys/ABC"]
        );
    }
}

#[tokio::test]
async fn a_key_without_a_date_is_no_answer() {
    let undated = r#"{"id": "ABC", "metadata": {}, "spec": {}}"#;
    let server = Server::new([json(200, undated)]).await;
    let error = client(&server).get_api_key(&id()).await.unwrap_err();
    assert_snapshot!(error, @"could not get API key `ABC`: 200, but `metadata.created_at` is missing (request id `r-1`)");
    let never = r#"{"id": "ABC", "metadata": {"created_at": "9999-12-31T23:59:59Z"}, "spec": {}}"#;
    let server = Server::new([json(200, never)]).await;
    let error = client(&server).get_api_key(&id()).await.unwrap_err();
    assert_snapshot!(error, @"could not get API key `ABC`: 200, but `metadata.created_at` is no RFC 3339 time, or one of a far future (request id `r-1`)");
}

#[tokio::test]
async fn an_answer_about_another_key_is_no_answer() {
    let server = Server::new([json(200, api_key("OTHER"))]).await;
    let error = client(&server).get_api_key(&id()).await.unwrap_err();
    assert_snapshot!(error, @"could not get API key `ABC`: 200, but the answer is about another API key (request id `r-1`)");
}
