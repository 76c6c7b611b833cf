//! One call against a server that says what the test tells it to.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread::{self, JoinHandle},
};

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use insta::assert_snapshot;
use secrecy::ExposeSecret;

use super::*;

const GIVEN: &str = "<GetWebIdentityTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetWebIdentityTokenResult><Expiration>2026-11-24T12:05:00Z</Expiration>\
    <WebIdentityToken>eyJhbGciOiJFUzM4NCJ9.e30.c2ln</WebIdentityToken></GetWebIdentityTokenResult>\
    <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetWebIdentityTokenResponse>";
const DISABLED: &str = "<ErrorResponse><Error><Type>Sender</Type>\
    <Code>OutboundWebIdentityFederationDisabled</Code><Message>Enable it first.</Message></Error>\
    <RequestId>r-2</RequestId></ErrorResponse>";

/// Answers each connection once, in this order; what it was asked.
fn serve(answers: Vec<(u16, &'static str)>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = thread::spawn(move || {
        let mut requests = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = String::new();
            let mut buffer = [0; 4096];
            while !request.contains("SigningAlgorithm") {
                let read = stream.read(&mut buffer).unwrap();
                request.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
            }
            requests.push(request);
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
            );
            stream
                .write_all(format!("{head}{body}").as_bytes())
                .unwrap();
        }
        requests
    });
    (url, served)
}

async fn ask(url: &str) -> Result<String, WebIdentityError> {
    let credentials = Credentials::new("AKIDLOCAL", "secret", Some("session".into()), None, "test");
    let configuration = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(url)
        .build();
    let client = WebIdentity::new(&configuration, &HttpClient::new(&[]).unwrap());
    let token = client.token("https://confluent.cloud/oidc").await;
    token.map(|token| token.expose_secret().to_owned())
}

#[tokio::test]
async fn a_token_is_asked_for_by_a_signed_form() {
    let (url, served) = serve(vec![(200, GIVEN)]);
    assert_eq!(ask(&url).await.unwrap(), "eyJhbGciOiJFUzM4NCJ9.e30.c2ln");
    let request = served.join().unwrap().remove(0);
    assert!(request.starts_with("POST / HTTP/1.1"), "{request}");
    let (head, form) = request.split_once("\r\n\r\n").unwrap();
    assert_snapshot!(form, @"Action=GetWebIdentityToken&Version=2011-06-15&Audience.member.1=https%3A%2F%2Fconfluent.cloud%2Foidc&DurationSeconds=300&SigningAlgorithm=ES384");
    let scope = "/eu-central-1/sts/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=";
    assert!(
        head.contains("authorization: AWS4-HMAC-SHA256 Credential=AKIDLOCAL/"),
        "{head}"
    );
    assert!(head.contains(scope), "{head}");
    assert!(head.contains("x-amz-security-token: session"), "{head}");
}

#[tokio::test]
async fn a_refusal_is_told_in_the_services_words_and_not_repeated() {
    let (url, served) = serve(vec![(400, DISABLED)]);
    let error = ask(&url).await.unwrap_err();
    assert_snapshot!(error, @"`sts:GetWebIdentityToken` failed for audience `https://confluent.cloud/oidc`");
    assert_snapshot!(error.source, @"OutboundWebIdentityFederationDisabled: Enable it first. (request id `r-2`)");
    assert_eq!(served.join().unwrap().len(), 1);
}

#[tokio::test]
async fn what_tells_nothing_is_asked_again() {
    let (url, served) = serve(vec![(503, "busy"), (200, "<html>"), (200, GIVEN)]);
    assert!(ask(&url).await.is_ok());
    assert_eq!(served.join().unwrap().len(), 3);
    let (url, served) = serve(vec![(500, "a"), (500, "b"), (500, "c")]);
    let error = ask(&url).await.unwrap_err();
    assert_snapshot!(error.source, @"UnreadableAnswer: no message (request id `-`)");
    served.join().unwrap();
}

#[test]
fn the_endpoint_is_the_regions() {
    assert_snapshot!(regional("eu-central-1", false), @"https://sts.eu-central-1.amazonaws.com");
    assert_snapshot!(regional("us-gov-west-1", true), @"https://sts-fips.us-gov-west-1.amazonaws.com");
    assert_snapshot!(regional("cn-north-1", false), @"https://sts.cn-north-1.amazonaws.com.cn");
}
