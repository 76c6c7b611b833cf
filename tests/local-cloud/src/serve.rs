//! HTTP/1.1 servers on 127.0.0.1 whose handlers may also refuse to answer.

use std::{io, net::SocketAddr};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// A port that is taken; clients that connect wait until [`Listener::serve`].
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Listens on `port` of 127.0.0.1; 0 is any free one.
    ///
    /// # Errors
    /// The port is in use or not allowed.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let socket = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL, without a final `/`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers every request by `handler` until the [`Server`] is dropped. `None` closes the connection without an
    /// answer. A handler that has begun is never stopped by its client's going away, as at a real service.
    pub fn serve<H, F>(self, handler: H) -> Server
    where
        H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Option<Response<Bytes>>> + Send + 'static,
    {
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(self.socket, handler));
        Server { _tasks: tasks }
    }
}

/// Serves until it is dropped.
#[derive(Debug)]
pub struct Server {
    _tasks: JoinSet<()>,
}

async fn accept<H, F>(socket: TcpListener, handler: H)
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Option<Response<Bytes>>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // A failed accept is the client's loss (it reset the connection) and no reason to end.
            accepted = socket.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(converse(stream, handler.clone()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

#[derive(Debug, Error)]
#[error("closed without an answer")]
struct NoAnswer;

async fn converse<H, F>(stream: TcpStream, handler: H)
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Option<Response<Bytes>>> + Send + 'static,
{
    let service = service_fn(|request| {
        let answer = tokio::spawn(handler(request));
        async move {
            match answer.await {
                Ok(Some(answer)) => Ok(answer.map(Full::new)),
                _ => Err(NoAnswer),
            }
        }
    });
    // An error is a client that went away, or the unanswered request itself.
    let _ended = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
