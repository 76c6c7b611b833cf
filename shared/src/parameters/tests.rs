//! Against a server that answers what it was told, in order, and keeps what it was asked.
#![allow(clippy::unwrap_used)]

use aws_config::{BehaviorVersion, Region, retry::RetryConfig};
use aws_sdk_ssm::config::{Credentials, SharedCredentialsProvider};
use insta::assert_snapshot;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::*;
use crate::{aws::Connector, http::HttpClient};

/// Serves one answer a connection; joined, it tells what was asked: action and body.
async fn serve(answers: Vec<(u16, Value)>) -> (Parameters, JoinHandle<Vec<(String, Value)>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let mut asked = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            asked.push(request(&mut stream).await);
            let body = body.to_string();
            let answer = format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/x-amz-json-1.1\r\n\
                 x-amzn-requestid: r-1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        asked
    });
    let credentials = Credentials::new("id", "secret", None, None, "test");
    let configuration = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(format!("http://{address}"))
        .http_client(Connector::new(&HttpClient::new(&[]).unwrap()))
        .build();
    (Parameters::new(&configuration), asked)
}

async fn request(stream: &mut TcpStream) -> (String, Value) {
    let mut bytes = Vec::new();
    loop {
        assert!(
            stream.read_buf(&mut bytes).await.unwrap() > 0,
            "half a request"
        );
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let header = |name: &str| {
            let mut headers = head.lines().filter_map(|line| line.split_once(": "));
            headers
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
                .unwrap()
                .1
        };
        if body.len() == header("content-length").parse::<usize>().unwrap() {
            let action = header("x-amz-target").to_owned();
            return (action, serde_json::from_str(body).unwrap());
        }
    }
}

fn page(names: &[&str], token: Option<&str>) -> (u16, Value) {
    let parameters: Vec<Value> = names
        .iter()
        .map(|name| json!({ "Name": name, "Type": "String", "Value": "{}", "Version": 1 }))
        .collect();
    (200, json!({ "Parameters": parameters, "NextToken": token }))
}

#[tokio::test]
async fn all_pages_are_listed_empty_ones_too() {
    let (parameters, asked) = serve(vec![
        page(&["/k/a", "/k/b"], Some("1")),
        page(&[], Some("2")),
        page(&["/k/team/c"], Some("3")),
        page(&[], None),
    ])
    .await;
    let listed = parameters.list("/k").await.unwrap();
    let names: Vec<&str> = listed
        .iter()
        .map(|parameter| parameter.name.as_str())
        .collect();
    assert_eq!(names, ["/k/a", "/k/b", "/k/team/c"]);
    assert_eq!(listed[0].kind, Kind::String);
    let asked = asked.await.unwrap();
    assert_eq!(asked[0].0, "AmazonSSM.GetParametersByPath");
    assert_eq!(
        asked[3].1,
        json!({ "Path": "/k", "Recursive": true, "WithDecryption": false, "NextToken": "3" })
    );
}

#[tokio::test]
async fn half_a_listing_is_no_listing() {
    let denied = json!({ "__type": "AccessDeniedException", "Message": "not authorized" });
    let (parameters, _) = serve(vec![page(&["/k/a"], Some("1")), (400, denied)]).await;
    let error = parameters.list("/k").await.unwrap_err();
    assert_snapshot!(error, @"cannot call `ssm:GetParametersByPath` on `/k`");
    assert_snapshot!(std::error::Error::source(&error).unwrap(), @"AccessDeniedException: not authorized (request id `r-1`)");

    let (parameters, _) = serve(vec![(200, json!({ "Parameters": [{ "Name": "/k/a" }] }))]).await;
    assert_snapshot!(parameters.list("/k").await.unwrap_err(), @"`ssm:GetParametersByPath` on `/k` answered a parameter without name or value");

    let (parameters, _) = serve(vec![page(&[], Some("1")), page(&[], Some("1"))]).await;
    assert_snapshot!(parameters.list("/k").await.unwrap_err(), @"`ssm:GetParametersByPath` on `/k` answered the same page token twice");
}

#[tokio::test]
async fn a_parameter_is_put_as_a_string() {
    let (parameters, asked) = serve(vec![(200, json!({ "Version": 2, "Tier": "Standard" }))]).await;
    parameters
        .put("/k/a", "1000", "Milliseconds.")
        .await
        .unwrap();
    assert_eq!(
        asked.await.unwrap(),
        [(
            "AmazonSSM.PutParameter".to_owned(),
            json!({
                "Name": "/k/a", "Value": "1000", "Description": "Milliseconds.",
                "Type": "String", "Overwrite": true
            })
        )]
    );

    let limited = json!({ "__type": "ThrottlingException", "message": "Rate exceeded" });
    let (parameters, _) = serve(vec![(400, limited)]).await;
    let error = parameters.put("/k/a", "1", "d").await.unwrap_err();
    assert_snapshot!(error, @"cannot call `ssm:PutParameter` on `/k/a`");
    assert_snapshot!(std::error::Error::source(&error).unwrap(), @"ThrottlingException: Rate exceeded (request id `r-1`)");
}
