//! One budget for all callers: what was refused comes again in turn.

use futures_util::future::join_all;
use insta::assert_snapshot;

use super::{
    server::{Reply, Server, json, reply},
    *,
};

const LATENCY: Duration = Duration::from_millis(50);

fn late(reply: Reply) -> Reply {
    match reply {
        Reply::Answer(text) => Reply::Late(LATENCY, text),
        other => other,
    }
}

#[tokio::test]
async fn f06_after_retry_after_callers_come_back_one_after_another() {
    const CALLERS: usize = 24;
    const ACCEPTED: usize = 4;
    const REFUSED: usize = 4;
    let refusal = || late(reply(429, &[("retry-after", "1")], ""));
    let key = || late(json(200, api_key("ABC")));
    let replies = (0..ACCEPTED).map(|_| key());
    let replies = replies.chain((0..REFUSED).map(|_| refusal()));
    let server = Server::new(replies.chain((0..CALLERS).map(|_| key()))).await;
    let client = client(&server);
    let id = "ABC".parse().unwrap();
    let answers = join_all((0..CALLERS).map(|_| client.get_api_key(&id))).await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(Some(_)))));
    assert_eq!(client.rate_limited(), REFUSED as u32);

    let arrived: Vec<_> = server.requests().iter().map(|request| request.at).collect();
    // Four calls were accepted in the time of one answer, so about 80 a second is what was learned: those that came
    // back need a turn of at least 6 ms each. As a crowd they would come within a few milliseconds.
    let again: Vec<_> = arrived[8..].iter().collect();
    assert!(
        arrived[8] - arrived[7] >= Duration::from_secs(1),
        "{again:?}"
    );
    let last = again.len() - 1;
    let span = *again[last] - *again[0];
    assert!(span >= Duration::from_millis(6) * last as u32, "{span:?}");
}

#[tokio::test]
async fn a_write_that_the_limit_refused_is_sent_again() {
    let refusal = || {
        reply(
            429,
            &[("retry-after", "0")],
            "<html>Too Many Requests</html>",
        )
    };
    let server = Server::new([refusal(), refusal(), json(200, api_key("ABC"))]).await;
    let client = client(&server);
    let id = "ABC".parse().unwrap();
    client.set_description(&id, "text").await.unwrap();
    assert_eq!(server.lines(), ["PATCH /iam/v2/api-keys/ABC"; 3]);
    assert_eq!(server.requests()[2].body, server.requests()[0].body);
    assert_eq!(client.rate_limited(), 2);
}

#[tokio::test]
async fn a_limit_that_never_yields_is_an_error() {
    let refusals = (0..9).map(|_| reply(429, &[("retry-after", "0")], ""));
    let server = Server::new(refusals).await;
    let id = "ABC".parse().unwrap();
    let error = client(&server).delete_api_key(&id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(error.certainly_not_done());
    assert_eq!(server.lines().len(), 7);
}

#[tokio::test]
async fn who_has_no_turn_in_time_is_not_sent() {
    let server = Server::new([reply(429, &[("retry-after", "30")], "")]).await;
    let client = client_until(&server, Duration::from_secs(25));
    let id = "ABC".parse().unwrap();
    client.get_api_key(&id).await.unwrap_err();
    let error = client.delete_api_key(&id).await.unwrap_err();
    assert_snapshot!(error, @"could not delete API key `ABC`: the rate limit left no turn for it in time");
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    let error = client.get_api_key(&id).await.unwrap_err();
    assert_snapshot!(error, @"could not get API key `ABC`: the deadline of the invocation has passed");
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn without_a_sign_of_a_limit_nothing_waits() {
    let server = Server::new((0..100).map(|_| late(json(200, api_key("ABC"))))).await;
    let client = client(&server);
    let id = "ABC".parse().unwrap();
    join_all((0..100).map(|_| client.get_api_key(&id))).await;
    let requests = server.requests();
    let (first, last) = (requests[0].at, requests[99].at);
    // 8, 16, 32 and the rest: three round trips, and to spare for a busy machine.
    assert!(last - first < LATENCY * 20, "{:?}", last - first);
}
