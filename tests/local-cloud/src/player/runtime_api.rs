//! The server's side of the Lambda Runtime API (version 2018-06-01), for one process.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex as BlockingMutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::json;
use tokio::sync::{Mutex, mpsc};

use crate::{
    refusal::as_json,
    serve::{Listener, Server},
};

/// An invocation that waits for the process to ask for it.
#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) request_id: String,
    /// The root of the trace.
    pub(super) root: String,
    pub(super) arn: String,
    pub(super) timeout: Duration,
    pub(super) event: Bytes,
}

/// What the process reported.
#[derive(Debug)]
pub(super) enum Report {
    /// It asked for the next invocation, and got it.
    Taken,
    Answered(Bytes),
    Failed(Bytes),
    InitFailed(Bytes),
}

/// The Runtime API of one process.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    pub(super) address: SocketAddr,
    pub(super) assignments: mpsc::UnboundedSender<Assignment>,
    pub(super) reports: mpsc::UnboundedReceiver<Report>,
    _server: Server,
}

struct Shared {
    waiting: Mutex<mpsc::UnboundedReceiver<Assignment>>,
    reports: mpsc::UnboundedSender<Report>,
    /// The request id that the process works on.
    current: BlockingMutex<Option<String>>,
}

impl RuntimeApi {
    pub(super) async fn start() -> io::Result<Self> {
        let (assignments, waiting) = mpsc::unbounded_channel();
        let (report, reports) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            waiting: Mutex::new(waiting),
            reports: report,
            current: BlockingMutex::default(),
        });
        let listener = Listener::bind(0).await?;
        let address = listener.address();
        let server = listener.serve(move |request| answer(Arc::clone(&shared), request));
        Ok(Self {
            address,
            assignments,
            reports,
            _server: server,
        })
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Option<Response<Bytes>> {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let path = path.strip_prefix("/2018-06-01/runtime/").unwrap_or("");
    if (&method, path) == (&Method::GET, "invocation/next") {
        return shared.next().await;
    }
    let body = request.into_body().collect().await.ok()?.to_bytes();
    let report = match (&method, path.split('/').collect::<Vec<_>>().as_slice()) {
        (&Method::POST, ["init", "error"]) => Report::InitFailed(body),
        (&Method::POST, ["invocation", id, end @ ("response" | "error")]) => {
            if !shared.finish(id) {
                return Some(refused(400, "InvalidRequestID"));
            }
            match *end {
                "response" => Report::Answered(body),
                _ => Report::Failed(body),
            }
        }
        _ => return Some(refused(404, "UnknownOperation")),
    };
    // Unheard only when the environment is going down.
    let _unheard = shared.reports.send(report);
    Some(as_json(202, &json!({"status": "OK"})))
}

fn refused(status: u16, error_type: &str) -> Response<Bytes> {
    let message = "refused by the Runtime API of the local cloud";
    as_json(
        status,
        &json!({"errorType": error_type, "errorMessage": message}),
    )
}

impl Shared {
    async fn next(&self) -> Option<Response<Bytes>> {
        // None when the environment is going down.
        let assignment = self.waiting.lock().await.recv().await?;
        *self.lock_current() = Some(assignment.request_id.clone());
        let _unheard = self.reports.send(Report::Taken);
        let deadline = SystemTime::now() + assignment.timeout;
        let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
        let trace = format!("Root={};Parent=53995c3f42cd8ad8;Sampled=0", assignment.root);
        Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", assignment.request_id)
            .header(
                "lambda-runtime-deadline-ms",
                deadline.as_millis().to_string(),
            )
            .header("lambda-runtime-invoked-function-arn", assignment.arn)
            .header("lambda-runtime-trace-id", trace)
            .body(assignment.event)
            .ok()
    }

    /// Whether `request_id` is the one under way; it is no more.
    fn finish(&self, request_id: &str) -> bool {
        let mut current = self.lock_current();
        let known = current.as_deref() == Some(request_id);
        if known {
            *current = None;
        }
        known
    }

    fn lock_current(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
