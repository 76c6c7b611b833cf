//! Somebody else's word against a token, and signing in with it.

use insta::assert_snapshot;

use super::{
    server::{Server, json},
    *,
};

#[tokio::test]
async fn an_identity_is_exchanged_by_a_form_without_any_credentials() {
    let given = r#"{"access_token": "cflt.token", "issued_token_type": "x", "token_type": "Bearer", "expires_in": 900}"#;
    let server = Server::new([json(200, given)]).await;
    let mut nobody = client(&server);
    nobody.access = Access::Nobody;
    let pool = "pool-1".parse().unwrap();
    let token = nobody.exchange(&pool, &SecretString::from("a.b+c")).await;
    let token = token.unwrap();
    assert_eq!(token.expires_in, Duration::from_secs(900));
    let request = &server.requests()[0];
    assert_eq!(request.line, "POST /sts/v1/oauth2/token");
    assert!(
        !request.headers.contains("authorization"),
        "{}",
        request.headers
    );
    assert!(
        request
            .headers
            .contains("content-type: application/x-www-form-urlencoded")
    );
    assert_snapshot!(request.body, @"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=a.b%2Bc&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt&requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&identity_pool_id=pool-1");
    assert!(!format!("{token:?}").contains("cflt.token"));
}

#[tokio::test]
async fn the_control_plane_is_asked_with_the_token() {
    let server = Server::new([json(200, r#"{"data": []}"#)]).await;
    let mut client = client(&server);
    client.access = Access::Token(SecretString::from("cflt.token"));
    let owner = "sa-1".parse().unwrap();
    assert_eq!(client.list_api_keys(&owner).await.unwrap(), []);
    let headers = &server.requests()[0].headers;
    assert!(
        headers.contains("authorization: Bearer cflt.token"),
        "{headers}"
    );
    assert_eq!(client.api_key(), None);
}

#[tokio::test]
async fn a_refused_exchange_never_repeats_what_was_sent() {
    let server = Server::new([json(400, failure("invalid_request", "no such pool"))]).await;
    let pool = "pool-1".parse().unwrap();
    let error = client(&server)
        .exchange(&pool, &SecretString::from("hunter2"))
        .await;
    let error = error.unwrap_err();
    assert!(!chain(&error).contains("hunter2"));
    assert!(
        error.to_string().contains("identity pool `pool-1`"),
        "{error}"
    );
}
