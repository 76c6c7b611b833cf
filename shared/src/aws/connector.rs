//! The SDK's requests over our one HTTP client. The SDK's own brings HTTP/2, a second set of roots
//! and a second pool: a fifth of a function's zip.

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient as SdkHttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use reqwest::{Client, Method};

use crate::http::HttpClient;

/// Bodies are held in memory: a secret's value has at most 64 KiB.
#[derive(Debug, Clone)]
pub(crate) struct Connector(Client);

impl Connector {
    pub(crate) fn new(http: &HttpClient) -> Self {
        Self(http.pooled.clone())
    }
}

impl SdkHttpClient for Connector {
    /// Time limits are the client's own and the SDK's for each attempt.
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(send(self.0.clone(), request))
    }
}

async fn send(client: Client, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let method = Method::from_bytes(request.method().as_bytes());
    let method = method.map_err(|error| ConnectorError::user(error.into()))?;
    let body = request.body().bytes().map(<[u8]>::to_vec);
    let mut outgoing = client.request(method, request.uri());
    for (name, value) in request.headers() {
        outgoing = outgoing.header(name, value);
    }
    let answer = outgoing.body(body.unwrap_or_default()).send().await;
    let answer = answer.map_err(failed)?;
    let status = StatusCode::try_from(answer.status().as_u16());
    let status = status.map_err(|error| ConnectorError::other(error.into(), None))?;
    let headers = answer.headers().clone();
    let body = answer.bytes().await.map_err(failed)?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    for (name, value) in &headers {
        // What is no text is none of those that the SDK reads.
        if let Ok(value) = value.to_str() {
            response
                .headers_mut()
                .append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(response)
}

/// The SDK tries again after a time-out or a failure of the connection, not after our mistake.
fn failed(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}
