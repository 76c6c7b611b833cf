//! The server's process: started once from a thread and a runtime of its own, because a test's runtime ends with the
//! test.

use std::{io, sync::OnceLock, thread, time::Duration};

use thiserror::Error;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    runtime,
    sync::oneshot,
    time::timeout,
};

use crate::{
    child::{Capture, Handle, Process},
    paths,
    progress::Progress,
    python::{self, PythonError},
};

/// moto needs about 5 s; a machine that compiles at the same time needs several times that.
const START_LIMIT: Duration = Duration::from_secs(90);

/// What the corrections print when they listen.
const READY: &str = "listening on ";

/// Why there is no server.
#[derive(Debug, Error)]
pub enum StartError {
    /// Nothing to run it.
    #[error("there is no Python environment")]
    Python(#[from] PythonError),
    /// No thread, runtime or process.
    #[error("its process cannot be started")]
    Process(#[from] io::Error),
    /// It ended, or never listened.
    #[error("it does not listen after at most {} s; it printed: {printed}", START_LIMIT.as_secs())]
    NotListening {
        /// Its output.
        printed: String,
    },
}

struct Server {
    url: String,
    process: Handle,
}

static SERVER: OnceLock<Result<Server, StartError>> = OnceLock::new();

/// The base URL of this process's server, which the first call starts.
pub(super) async fn url(progress: Progress) -> Result<&'static str, &'static StartError> {
    if SERVER.get().is_none() {
        // Blocks while another test starts it. A panic inside leaves the cell empty and rises below.
        let started = tokio::task::spawn_blocking(move || {
            SERVER.get_or_init(|| start_in_own_runtime(progress));
        });
        let _joined = started.await;
    }
    match SERVER.get_or_init(|| Err(io::Error::other("its starter panicked").into())) {
        Ok(server) => Ok(&server.url),
        Err(error) => Err(error),
    }
}

/// Ends this process's server, if there is one, and waits until it is gone.
pub async fn stop() {
    if let Some(Ok(server)) = SERVER.get() {
        server.process.kill().await;
    }
}

fn start_in_own_runtime(progress: Progress) -> Result<Server, StartError> {
    let (report, reported) = oneshot::channel();
    thread::Builder::new()
        .name("moto".to_owned())
        .spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => return drop(report.send(Err(error.into()))),
            };
            runtime.block_on(async {
                match start(progress).await {
                    Err(error) => drop(report.send(Err(error))),
                    Ok((url, process)) => {
                        let handle = process.handle();
                        let server = Server {
                            url,
                            process: handle.clone(),
                        };
                        drop(report.send(Ok(server)));
                        // For as long as this process lives.
                        handle.ended().await;
                        drop(process);
                    }
                }
            });
        })?;
    reported
        .blocking_recv()
        .unwrap_or_else(|_| Err(io::Error::other("its thread panicked").into()))
}

async fn start(progress: Progress) -> Result<(String, Process), StartError> {
    let mut command = Command::new(python::interpreter(progress).await?);
    progress.say("starting moto");
    let errors = Capture::new()?;
    command
        .args(["-u", "-m", "corrections", "--port", "0"])
        .current_dir(paths::sources())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdout(std::process::Stdio::piped())
        .stderr(errors.writer()?);
    let mut process = Process::start(command)?;
    let Some(stdout) = process.stdout.take() else {
        return Err(io::Error::other("its stdout is not piped").into());
    };
    let mut lines = BufReader::new(stdout).lines();
    let mut printed = String::new();
    let listening = timeout(START_LIMIT, async {
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(url) = line.strip_prefix(READY) {
                return Some(url.trim().to_owned());
            }
            printed.push_str(&line);
            printed.push('\n');
        }
        None
    });
    match listening.await.ok().flatten() {
        Some(url) => {
            // Read on, so that it never blocks on a full pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            Ok((url, process))
        }
        None => Err(StartError::NotListening {
            printed: printed + &errors.text(),
        }),
    }
}
