//! Reads are repeated while that can help.

use insta::assert_snapshot;

use super::{
    server::{Reply, Server, json, reply},
    *,
};

async fn get(client: &Confluent) -> Result<Option<ApiKey>, ConfluentError> {
    client.get_api_key(&"ABC".parse().unwrap()).await
}

#[tokio::test]
async fn a_read_is_repeated_until_it_succeeds() {
    let passing = [
        reply(
            429,
            &[("retry-after", "0")],
            "<html>Too Many Requests</html>",
        ),
        reply(429, &[("x-ratelimit-reset", "0")], ""),
        reply(500, &[], ""),
        Reply::Cut("HTTP/1.1 200 status\r\ncontent-length: 900\r\n\r\n{".to_owned()),
    ];
    let server = Server::new(passing.into_iter().chain([json(200, api_key("ABC"))])).await;
    assert!(get(&client(&server)).await.unwrap().is_some());
    assert_eq!(server.lines().len(), 5);
}

#[tokio::test]
async fn a_lost_connection_is_opened_again() {
    let server = Server::new([Reply::Cut(String::new()), json(200, api_key("ABC"))]).await;
    assert!(get(&client(&server)).await.unwrap().is_some());
    assert_eq!(server.requests()[1].connection, 1);
}

#[tokio::test]
async fn after_four_repetitions_the_last_error_stands() {
    let server = Server::new((0..9).map(|_| reply(503, &[], ""))).await;
    let error = get(&client(&server)).await.unwrap_err();
    assert_snapshot!(error, @"could not get API key `ABC`: 503 without an error of Confluent's (request id `r-1`)");
    assert_eq!(server.lines().len(), 5);
}

#[tokio::test]
async fn what_will_not_change_is_asked_once() {
    for status in [400, 401, 409, 422, 501] {
        let server = Server::new([reply(status, &[], ""), json(200, api_key("ABC"))]).await;
        get(&client(&server)).await.unwrap_err();
        assert_eq!(server.lines().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn nothing_is_waited_for_beyond_the_deadline() {
    let server = Server::new([reply(429, &[("retry-after", "30")], "")]).await;
    let began = Instant::now();
    let error = get(&client_until(&server, Duration::from_secs(10)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn silence_is_given_up_at_the_deadline() {
    let server = Server::new([Reply::Silence]).await;
    let error = get(&client_until(&server, Duration::from_millis(300)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_snapshot!(error, @"could not get API key `ABC`: the answer took too long");
    let error = get(&client_until(&server, Duration::ZERO))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfTime);
    assert_eq!(server.lines().len(), 1);
}
