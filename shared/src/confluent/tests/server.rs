//! A server that gives prepared replies in order and remembers what it was asked.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::Instant,
};

/// What the server does with a request.
pub(super) enum Reply {
    /// Answers and keeps the connection.
    Answer(Vec<u8>),
    /// The same after a while, as a service far away does.
    Late(Duration, Vec<u8>),
    /// Writes this much, then closes the connection.
    Cut(String),
    /// Never answers.
    Silence,
}

/// A reply with `status` and a JSON body.
pub(super) fn json(status: u16, body: impl AsRef<str>) -> Reply {
    reply(status, &[("content-type", "application/json")], body)
}

/// A reply with these headers beside `X-Request-Id: r-1`.
pub(super) fn reply(status: u16, headers: &[(&str, &str)], body: impl AsRef<str>) -> Reply {
    reply_bytes(status, headers, body.as_ref().as_bytes())
}

/// The same for a body that may be no text.
pub(super) fn reply_bytes(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let mut text = format!("HTTP/1.1 {status} status\r\nx-request-id: r-1\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("content-length: {}\r\n\r\n", body.len());
    Reply::Answer([text.as_bytes(), body].concat())
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// Method, path and query.
    pub(super) line: String,
    /// All headers, names in lower case.
    pub(super) headers: String,
    pub(super) body: String,
    /// Which connection it came on, counted from 0.
    pub(super) connection: usize,
    /// When it had arrived.
    pub(super) at: Instant,
}

/// Stops with its value.
pub(super) struct Server {
    port: u16,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

struct State {
    replies: VecDeque<Reply>,
    requests: Vec<Request>,
}

impl Server {
    pub(super) async fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            replies: replies.into_iter().collect(),
            requests: Vec::new(),
        }));
        let shared = state.clone();
        let task = tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, connection, shared.clone()));
            }
        });
        Self { port, state, task }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Method, path and query of every request.
    pub(super) fn lines(&self) -> Vec<String> {
        self.requests().into_iter().map(|r| r.line).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, connection: usize, state: Arc<Mutex<State>>) {
    while let Some(request) = read(&mut stream, connection).await {
        let reply = {
            let mut state = state.lock().unwrap();
            state.requests.push(request);
            state.replies.pop_front()
        };
        // A request that the test did not foresee gets an answer that nothing repeats.
        match reply.unwrap_or_else(|| json(418, "{}")) {
            Reply::Answer(text) => stream.write_all(&text).await.unwrap(),
            Reply::Late(after, text) => {
                tokio::time::sleep(after).await;
                stream.write_all(&text).await.unwrap();
            }
            Reply::Cut(text) => {
                stream.write_all(text.as_bytes()).await.unwrap();
                return;
            }
            Reply::Silence => std::future::pending().await,
        }
    }
}

async fn read(stream: &mut TcpStream, connection: usize) -> Option<Request> {
    let mut text = String::new();
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let (first, headers) = head.split_once("\r\n").unwrap_or((head, ""));
            let headers = headers.to_owned();
            let length = headers
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return Some(Request {
                    line: first.trim_end_matches(" HTTP/1.1").to_owned(),
                    headers,
                    body: body.to_owned(),
                    connection,
                    at: Instant::now(),
                });
            }
        }
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await.ok().filter(|n| *n > 0)?;
        text += std::str::from_utf8(&piece[..read]).unwrap();
    }
}
