//! Log lines: JSON on stdout, one object a line, with the request id of the invocation.

use std::{env, io};

use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    filter::Targets,
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// The crates whose lines are ours.
const OURS: [&str; 4] = [
    "shared",
    "key_rotation",
    "secret_rotation",
    "stream_processor",
];

/// The span of an invocation, which carries `requestId`.
const INVOCATION: &str = "lambda_runtime::layers::trace";

/// Starts logging; once a process, first of all. `AWS_LAMBDA_LOG_LEVEL` (default `INFO`) is for our
/// own lines: whatever it says, other crates are heard from `WARN` only, because their finer lines
/// hold the bodies of requests and answers.
pub fn init() {
    let level = env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
    tracing_subscriber::registry()
        .with(lines(io::stdout))
        .with(targets(&level))
        .init();
}

fn targets(level: &str) -> Targets {
    // `FATAL` is Lambda's word, not tracing's.
    let ours = match level.to_ascii_uppercase().as_str() {
        "FATAL" => LevelFilter::ERROR,
        level => level.parse().unwrap_or(LevelFilter::INFO),
    };
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target(INVOCATION, LevelFilter::INFO)
        .with_targets(OURS.map(|name| (name, ours)))
}

fn lines<S, W>(writer: W) -> impl tracing_subscriber::Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_writer(writer)
}
