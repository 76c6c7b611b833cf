//! What an answer that is no success becomes: kind and text.

use insta::assert_snapshot;

use super::{
    server::{Reply, Server, json, reply},
    *,
};

async fn error_of(answer: Reply) -> ConfluentError {
    let server = Server::new([answer]).await;
    let mut client = client(&server);
    client.patience.repetitions = 0;
    client
        .list_api_keys(&"sa-1".parse().unwrap())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn each_envelope_is_read() {
    let control_plane = error_of(json(400, failure("bad_filter", "No such filter"))).await;
    assert_snapshot!(control_plane, @"could not list the API keys of `sa-1`: 400 `bad_filter`: No such filter (request id `r-1`)");
    assert_eq!(control_plane.kind(), ErrorKind::Rejected);

    let newer = r#"{"status": 403, "error": {"code": "forbidden", "message": "Not yours"}, "requestId": "x"}"#;
    let newer = error_of(json(403, newer)).await;
    assert_snapshot!(newer, @"could not list the API keys of `sa-1`: 403 `forbidden`: Not yours (request id `r-1`)");
    assert_eq!(newer.kind(), ErrorKind::Forbidden);

    let data_plane = error_of(json(
        404,
        r#"{"error_code": 40403, "message": "Unknown topic"}"#,
    ))
    .await;
    assert_snapshot!(data_plane, @"could not list the API keys of `sa-1`: 404 `40403`: Unknown topic (request id `r-1`)");
    assert_eq!(data_plane.kind(), ErrorKind::NotFound);

    let title_only = error_of(json(
        409,
        r#"{"errors": [{"title": "Conflict", "code": null}]}"#,
    ))
    .await;
    assert_snapshot!(title_only, @"could not list the API keys of `sa-1`: 409: Conflict (request id `r-1`)");
}

#[tokio::test]
async fn an_answer_that_is_not_confluents_is_told_by_its_status() {
    for body in [
        "<html><h1>Bad gateway, token=hunter2</h1></html>",
        "",
        "{}",
        r#"{"errors": []}"#,
        "[1",
    ] {
        let error = error_of(reply(502, &[("content-type", "text/html")], body)).await;
        assert_eq!(
            error.to_string(),
            "could not list the API keys of `sa-1`: 502 without an error of Confluent's (request id `r-1`)"
        );
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
}

#[tokio::test]
async fn kinds_follow_status_and_sentence() {
    let limited = "API keys is currently limited to 50 per cluster";
    for (status, detail, kind) in [
        (401, "Authentication required", ErrorKind::Unauthorized),
        (
            403,
            "invalid API key: make sure it is right",
            ErrorKind::Unauthorized,
        ),
        (403, "Forbidden Access", ErrorKind::Forbidden),
        (402, "Pay first", ErrorKind::Quota),
        (400, limited, ErrorKind::Quota),
        (404, "No such thing", ErrorKind::NotFound),
        (422, "No", ErrorKind::Rejected),
        (500, "Sorry", ErrorKind::Unavailable),
        (501, "Not here", ErrorKind::Unavailable),
    ] {
        let error = error_of(json(status, failure("some_code", detail))).await;
        assert_eq!(error.kind(), kind, "{status} {detail}");
    }
}

#[tokio::test]
async fn a_long_sentence_is_cut_and_kept_on_one_line() {
    let detail = format!("line one\\nline two\\u001b[31m {}", "x".repeat(1000));
    let text = error_of(json(400, failure("c", &detail))).await.to_string();
    assert!(text.contains("line one line two [31m x"), "{text}");
    assert!(!text.contains(char::is_control), "{text}");
    assert!(text.chars().count() < 400, "{text}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::new([]).await;
    let location = elsewhere.url();
    for status in [301, 302, 303, 307, 308] {
        let error = error_of(reply(status, &[("location", &location)], "")).await;
        assert_eq!(error.kind(), ErrorKind::UnexpectedAnswer);
        if status == 307 {
            assert_snapshot!(error, @"could not list the API keys of `sa-1`: 307, and a redirect is not followed (request id `r-1`)");
        }
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_success_that_does_not_read_is_told_without_its_text() {
    let truncated = error_of(json(200, r#"{"data": [{"id": "hunter2"#)).await;
    assert_snapshot!(truncated, @"could not list the API keys of `sa-1`: 200, but the answer is not the documented JSON at line 1 column 25 (request id `r-1`)");
    let wrong_type = error_of(json(200, r#"{"data": "hunter2"}"#)).await;
    assert_snapshot!(wrong_type, @"could not list the API keys of `sa-1`: 200, but the answer is not the documented JSON at line 1 column 18 (request id `r-1`)");
    let html = error_of(reply(200, &[], "<html>Log in</html>")).await;
    assert_snapshot!(html, @"could not list the API keys of `sa-1`: 200, but the answer is not the documented JSON at line 1 column 1 (request id `r-1`)");
    let nothing = error_of(reply(200, &[], "")).await;
    assert_snapshot!(nothing, @"could not list the API keys of `sa-1`: 200, but the answer is not the documented JSON at line 1 column 0 (request id `r-1`)");
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let error = error_of(reply(200, &[], "x".repeat(9 * 1024 * 1024))).await;
    assert_snapshot!(error, @"could not list the API keys of `sa-1`: 200, but the answer is longer than 8388608 bytes (request id `r-1`)");
}

#[tokio::test]
async fn a_request_says_who_asks_and_shows_the_secret_to_nobody_else() {
    let server = Server::new([json(200, r#"{"data": []}"#)]).await;
    let client = client(&server);
    client
        .list_api_keys(&"sa-1".parse().unwrap())
        .await
        .unwrap();
    let headers = &server.requests()[0].headers;
    let agent = format!(
        "user-agent: keywheel/{} (key-rotation; r-1)",
        env!("CARGO_PKG_VERSION")
    );
    assert!(headers.contains(&agent), "{headers}");
    assert!(
        headers.contains("authorization: Basic Q0xPVURLRVk6Y2ZsdC90aGUrQ2xvdWQrQVBJK3NlY3JldA=="),
        "{headers}"
    );
    let debug = format!("{client:?}");
    assert!(debug.contains("CLOUDKEY"), "{debug}");
    assert!(!debug.contains(SECRET), "{debug}");
}
