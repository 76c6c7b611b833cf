//! One execution environment: a process and its Runtime API.

use std::{io, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    Function, Outcome,
    runtime_api::{Assignment, Report, RuntimeApi},
};
use crate::{
    child::{Capture, Handle, Process},
    moto::REGION,
};

/// AWS gives the start 10 s, and when they are over starts once more within the invocation's own time.
const INIT_LIMIT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Environment {
    function: Function,
    process: Process,
    output: Capture,
    /// How many bytes of the output belong to invocations that have ended.
    reported: u64,
    api: RuntimeApi,
}

impl Environment {
    /// Starts the process; whether it lives is seen by the first invocation.
    pub(super) async fn start(function: &Function) -> io::Result<Self> {
        let api = RuntimeApi::start().await?;
        let output = Capture::new()?;
        let mut command = std::process::Command::new(&function.program);
        // As in Lambda a process sees nothing but this. PATH is ours, so that a script finds its interpreter.
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(&function.environment)
            .env("_HANDLER", "bootstrap")
            .env("TZ", ":UTC")
            .env("AWS_REGION", REGION)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env(
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                function.memory.to_string(),
            )
            .env(
                "AWS_LAMBDA_LOG_GROUP_NAME",
                format!("/aws/lambda/{}", function.name),
            )
            .env(
                "AWS_LAMBDA_LOG_STREAM_NAME",
                format!("[$LATEST]{}", uuid::Uuid::new_v4().simple()),
            )
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string());
        let process = Process::start_watched(&command, output.writer()?, output.writer()?)?;
        Ok(Self {
            function: function.clone(),
            process,
            output,
            reported: 0,
            api,
        })
    }

    pub(super) fn is_for(&self, function: &Function) -> bool {
        self.function == *function
    }

    pub(super) fn is_alive(&self) -> bool {
        self.process.handle().is_alive()
    }

    pub(super) fn process(&self) -> Handle {
        self.process.handle()
    }

    /// Hands the event out and waits for the end: an answer, an error, the process's exit, or the time-out, which kills it.
    pub(super) async fn invoke(&mut self, request_id: &str, root: &str, event: Bytes) -> Outcome {
        // Refused only without a server, and then nothing is taken and the time-out ends it.
        let _refused = self.api.assignments.send(Assignment {
            request_id: request_id.to_owned(),
            root: root.to_owned(),
            arn: self.function.arn.clone(),
            timeout: self.function.timeout,
            event,
        });
        let outcome = self.until_the_end(request_id).await;
        let printed = self.output.length();
        let logs = self.output.between(self.reported, printed);
        self.reported = printed;
        Outcome {
            logs,
            memory: self.process().memory(),
            ..outcome
        }
    }

    async fn until_the_end(&mut self, request_id: &str) -> Outcome {
        let limit = self.function.timeout;
        let process = self.process.handle();
        let mut deadline = Instant::now() + INIT_LIMIT + limit;
        loop {
            tokio::select! {
                // What it reported before it ended counts.
                biased;
                Some(report) = self.api.reports.recv() => match report {
                    Report::Taken => deadline = Instant::now() + limit,
                    Report::Answered(payload) => return Outcome::answered(request_id, payload),
                    Report::Failed(payload) => return Outcome::failed(request_id, payload),
                    Report::InitFailed(payload) => {
                        // It ends by itself; a kill makes sure that it is not taken for warm.
                        process.kill().await;
                        return Outcome::failed(request_id, payload);
                    }
                },
                status = process.ended() => return Outcome::exited(request_id, status),
                () = tokio::time::sleep_until(deadline) => {
                    process.kill().await;
                    return Outcome::timed_out(request_id, limit);
                }
            }
        }
    }
}
