//! Log lines: JSON on stdout, one object a line, with the request id of the invocation.

use std::{
    env,
    io::{self, Write},
};

use serde_json::Value;

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

/// Starts logging, first of all; a second call changes nothing. `AWS_LAMBDA_LOG_LEVEL` (default `INFO`) is for our
/// own lines: whatever it says, other crates are heard from `WARN` only, because their finer lines
/// hold the bodies of requests and answers.
pub fn init() {
    let level = env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
    let _started_before = tracing_subscriber::registry()
        .with(lines(io::stdout))
        .with(targets(&level))
        .try_init()
        .is_err();
}

/// Writes an object as a line of its own, whatever the level: CloudWatch makes metrics of it.
pub fn line(object: &Value) {
    // Without stdout there is nobody to tell that there is none.
    let _ = writeln!(io::stdout().lock(), "{object}");
}

fn targets(level: &str) -> Targets {
    // `FATAL` is Lambda's word, not tracing's.
    let ours = match level.to_ascii_uppercase().as_str() {
        "FATAL" => LevelFilter::ERROR,
        // Parsed as `ERROR` otherwise.
        "" => LevelFilter::INFO,
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::{debug, info, info_span, subscriber::with_default, warn};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(level: &str, log: impl FnOnce()) -> Vec<serde_json::Value> {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::registry()
            .with(lines(move || writer.clone()))
            .with(targets(level));
        with_default(subscriber, log);
        let bytes = written.0.lock().unwrap().clone();
        serde_json::Deserializer::from_slice(&bytes)
            .into_iter()
            .map(Result::unwrap)
            .collect()
    }

    #[test]
    fn a_line_is_an_object_with_the_request_id() {
        let lines = written("", || {
            let span = info_span!(target: INVOCATION, "Lambda runtime invoke", requestId = "r-1");
            span.in_scope(
                || info!(target: "shared::rotation", api_key = "K", "deleted API key `K`"),
            );
        });
        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["message"], "deleted API key `K`");
        assert_eq!(line["api_key"], "K");
        assert_eq!(line["spans"][0]["requestId"], "r-1");
        assert!(line["timestamp"].is_string());
    }

    #[test]
    fn other_crates_are_heard_from_warn_only() {
        let log = || {
            debug!(target: "hyper", "a body");
            info!(target: "aws_smithy_runtime", "a body");
            warn!(target: "aws_config", "no region");
            debug!(target: "key_rotation", "ours");
        };
        let said = |level| {
            let lines = written(level, log);
            lines
                .iter()
                .map(|line| line["target"].to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(said("TRACE"), [r#""aws_config""#, r#""key_rotation""#]);
        for level in ["", "INFO", "nonsense", "FATAL"] {
            assert_eq!(said(level), [r#""aws_config""#], "{level}");
        }
    }
}
