//! One HTTP/1.1 request on a connection of its own: plain, local, without a pool that could retry by itself.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header::HOST};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::TcpStream;

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum HttpError {
    /// The address has no host and port.
    #[error("expected an address `http://host:port/…`, but got `{address}`")]
    Address {
        /// What was given.
        address: String,
    },
    /// Nobody listens there.
    #[error("no connection to `{authority}`")]
    Connect {
        /// Host and port.
        authority: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The connection ended before the answer did.
    #[error("no whole answer from `{authority}`")]
    Exchange {
        /// Host and port.
        authority: String,
        /// Why.
        #[source]
        source: hyper::Error,
    },
}

/// Sends `request`, whose address is absolute, and reads the whole answer. A `Host` that is given is kept. Waits as long as it takes.
///
/// # Errors
/// Only when there is no whole answer; any status is an answer.
pub async fn send(mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let Some(authority) = request.uri().authority().map(ToString::to_string) else {
        return Err(HttpError::Address {
            address: request.uri().to_string(),
        });
    };
    let connect = |source| HttpError::Connect {
        authority: authority.clone(),
        source,
    };
    let exchange = |source| HttpError::Exchange {
        authority: authority.clone(),
        source,
    };
    if !request.headers().contains_key(HOST)
        && let Ok(host) = HeaderValue::from_str(&authority)
    {
        request.headers_mut().insert(HOST, host);
    }
    if let Some(path) = request.uri().path_and_query() {
        *request.uri_mut() = Uri::from(path.clone());
    }
    let stream = TcpStream::connect(&authority).await.map_err(connect)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(exchange)?;
    // Ends when the answer is read and the sender dropped; its error is the sender's too.
    tokio::spawn(connection);
    let (head, body) = sender
        .send_request(request.map(Full::new))
        .await
        .map_err(exchange)?
        .into_parts();
    let body = body.collect().await.map_err(exchange)?.to_bytes();
    Ok(Response::from_parts(head, body))
}
