//! `local-cloud invoke`: one invocation of a function of the running local cloud.

use std::{
    error::Error,
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use clap::Args;
use http::Request;
use local_cloud::{
    cloud::Environment,
    http_client::{self, HttpError},
    paths,
    player::FunctionError,
};
use serde_json::Value;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Name of the function: key-rotation, secret-rotation or stream-processor.
    function: String,
    /// File with the event, `-` for stdin [default: the event is {}].
    event: Option<PathBuf>,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let event = event(arguments.event.as_deref())?;
    let endpoint = endpoint()?;
    let path = format!("/2015-03-31/functions/{}/invocations", arguments.function);
    let request = Request::post(format!("{endpoint}{path}")).body(event)?;
    let answer = match http_client::send(request).await {
        Err(error @ HttpError::Connect { .. }) => {
            return Err(format!(
                "no local cloud at {endpoint} ({error}); start one with `cargo local-cloud up`"
            )
            .into());
        }
        answer => answer?,
    };
    if !answer.status().is_success() {
        return Err(refusal(answer.body()).into());
    }
    if answer.headers().contains_key("x-amz-function-error") {
        let error = FunctionError::read(answer.body());
        return Err(format!("{}: {}", error.error_type, error.message).into());
    }
    let mut stdout = io::stdout().lock();
    stdout.write_all(answer.body())?;
    stdout.write_all(b"\n")?;
    Ok(())
}

fn event(file: Option<&Path>) -> Result<Bytes, Box<dyn Error>> {
    let Some(file) = file else {
        return Ok(Bytes::from_static(b"{}"));
    };
    let mut text = Vec::new();
    if file == Path::new("-") {
        io::stdin().read_to_end(&mut text)?;
    } else {
        text = fs::read(file).map_err(|error| format!("`{}`: {error}", file.display()))?;
    }
    Ok(text.into())
}

/// From the environment, else from the default env file.
fn endpoint() -> Result<String, String> {
    const NAME: &str = "AWS_ENDPOINT_URL";
    let given = std::env::var(NAME).ok().filter(|value| !value.is_empty());
    let written = || {
        let text = fs::read_to_string(paths::env_file()).ok()?;
        Environment::read(&text, NAME)
    };
    let endpoint = given.or_else(written).ok_or(
        "no local cloud is running: start one with `cargo local-cloud up`, or set AWS_ENDPOINT_URL",
    )?;
    Ok(endpoint.trim_end_matches('/').to_owned())
}

fn refusal(body: &[u8]) -> String {
    let error: Value = serde_json::from_slice(body).unwrap_or_default();
    match error["message"].as_str() {
        Some(message) => message.to_owned(),
        None => String::from_utf8_lossy(body).into_owned(),
    }
}
