//! Lambda's `Invoke`: looks the function up in the control plane, and has the player execute the built binary.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::value::RawValue;
use thiserror::Error;
use uuid::Uuid;

use crate::{
    causes,
    moto::{Account, MotoError},
    player::{Function, Outcome, Player},
    refusal,
};

/// AWS tries an asynchronous invocation that failed twice more (there after one and two minutes, here at once).
const ASYNCHRONOUS_RETRIES: usize = 2;

/// `LogType=Tail` is the last 4 KB.
const LOG_TAIL: usize = 4096;

/// Why a function was not invoked.
#[derive(Debug, Error)]
pub enum InvokeError {
    /// No such function.
    #[error("function not found: `{name}`; known are {}", quoted(known))]
    NotFound {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A function that was made by hand: only the workspace's binaries can be executed.
    #[error("function `{name}` has no binary of its name in this workspace")]
    NoBinary {
        /// What was asked for.
        name: String,
    },
    /// No control plane.
    #[error("the functions cannot be listed")]
    ControlPlane(#[from] MotoError),
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// A cheap handle to the functions of one local cloud.
#[derive(Debug, Clone)]
pub struct Lambda {
    account: Account,
    player: Player,
    binaries: &'static BTreeMap<String, PathBuf>,
    /// What every function sees; its own environment goes on top.
    environment: BTreeMap<String, String>,
}

impl Lambda {
    /// The functions of `account`, executed by `player`.
    #[must_use]
    pub fn new(
        account: Account,
        player: Player,
        binaries: &'static BTreeMap<String, PathBuf>,
        environment: BTreeMap<String, String>,
    ) -> Self {
        Self {
            account,
            player,
            binaries,
            environment,
        }
    }

    /// Invokes a function by name or ARN and waits for the end. A function error is an outcome.
    ///
    /// # Errors
    /// There is no such function.
    pub async fn invoke(&self, function: &str, event: Bytes) -> Result<Outcome, InvokeError> {
        let function = self.find(function).await?;
        Ok(self.player.invoke(&function, event).await)
    }

    /// The function that an HTTP request invokes, by name or ARN; none if it is another request.
    #[must_use]
    pub fn invoked_by(&self, request: &Request<Bytes>) -> Option<String> {
        let path = request
            .uri()
            .path()
            .strip_prefix("/2015-03-31/functions/")?;
        let name = path.strip_suffix("/invocations")?;
        // An ARN's colons may come encoded.
        let name = name.replace("%3A", ":").replace("%3a", ":");
        (request.method() == Method::POST && !name.contains('/')).then_some(name)
    }

    /// `Invoke` as Lambda answers it: `RequestResponse`, `Event`, or `DryRun`.
    pub async fn answer(&self, function: &str, request: Request<Bytes>) -> Response<Bytes> {
        let function = match self.find(function).await {
            Ok(function) => function,
            Err(error) => return refused(&error),
        };
        let header = |name| {
            let value = request.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let with_logs = header("x-amz-log-type").is_some_and(|value| value == "Tail");
        let kind = header("x-amz-invocation-type").unwrap_or_default();
        let event = match request.into_body() {
            empty if empty.is_empty() => Bytes::from_static(b"{}"),
            event => event,
        };
        if let Err(error) = serde_json::from_slice::<&RawValue>(&event) {
            let sentence = format!("Could not parse request body into json: {error}");
            return refusal::aws(400, "InvalidRequestContentException", &sentence);
        }
        match kind.as_str() {
            "" | "RequestResponse" => {
                let outcome = self.player.invoke(&function, event).await;
                answered(outcome, with_logs)
            }
            "Event" => {
                let request_id = Uuid::new_v4().to_string();
                let answer = accepted(StatusCode::ACCEPTED, &request_id);
                tokio::spawn(invoke_event(
                    self.player.clone(),
                    request_id,
                    function,
                    event,
                ));
                answer
            }
            "DryRun" => accepted(StatusCode::NO_CONTENT, &Uuid::new_v4().to_string()),
            other => {
                let sentence = format!(
                    "Value '{other}' at 'invocationType' is not one of [Event, RequestResponse, DryRun]"
                );
                refusal::aws(400, "InvalidParameterValueException", &sentence)
            }
        }
    }

    async fn find(&self, name_or_arn: &str) -> Result<Function, InvokeError> {
        let name = bare_name(name_or_arn);
        let functions = self.account.functions().await?;
        let Some(found) = functions.iter().find(|function| function.name == name) else {
            return Err(InvokeError::NotFound {
                name: name.to_owned(),
                known: functions
                    .into_iter()
                    .map(|function| function.name)
                    .collect(),
            });
        };
        let Some(program) = self.binaries.get(name) else {
            return Err(InvokeError::NoBinary {
                name: name.to_owned(),
            });
        };
        let mut environment = self.environment.clone();
        environment.extend(found.environment.clone());
        Ok(Function {
            name: found.name.clone(),
            arn: found.arn.clone(),
            program: program.clone(),
            timeout: Duration::from_secs(found.timeout),
            memory: found.memory,
            environment,
        })
    }
}

/// The name in `name`, `name:qualifier`, `account:function:name`, or an ARN with or without a qualifier.
fn bare_name(name_or_arn: &str) -> &str {
    let rest = name_or_arn
        .split_once("function:")
        .map_or(name_or_arn, |(_, rest)| rest);
    rest.split(':').next().unwrap_or(rest)
}

async fn invoke_event(player: Player, request_id: String, function: Function, event: Bytes) {
    for _attempt in 0..=ASYNCHRONOUS_RETRIES {
        let outcome = player.invoke_as(&request_id, &function, event.clone());
        if !outcome.await.failed {
            return;
        }
    }
}

fn answered(outcome: Outcome, with_logs: bool) -> Response<Bytes> {
    let mut answer = accepted(StatusCode::OK, &outcome.request_id);
    let headers = answer.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    if outcome.failed {
        headers.insert(
            "x-amz-function-error",
            HeaderValue::from_static("Unhandled"),
        );
    }
    if with_logs {
        let logs = outcome.logs.as_bytes();
        let tail = STANDARD.encode(&logs[logs.len().saturating_sub(LOG_TAIL)..]);
        if let Ok(value) = HeaderValue::from_str(&tail) {
            headers.insert("x-amz-log-result", value);
        }
    }
    *answer.body_mut() = outcome.payload;
    answer
}

fn accepted(status: StatusCode, request_id: &str) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(
        "x-amz-executed-version",
        HeaderValue::from_static("$LATEST"),
    );
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", value);
    }
    answer
}

fn refused(error: &InvokeError) -> Response<Bytes> {
    let (status, code) = match error {
        InvokeError::NotFound { .. } => (404, "ResourceNotFoundException"),
        InvokeError::NoBinary { .. } => (502, "InvalidRuntimeException"),
        InvokeError::ControlPlane(_) => (500, "ServiceException"),
    };
    refusal::aws(status, code, &causes::sentence(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_found_by_name_and_by_arn() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:key-rotation";
        for written in [
            "key-rotation",
            "key-rotation:$LATEST",
            "123456789012:function:key-rotation",
            arn,
            &format!("{arn}:$LATEST"),
        ] {
            assert_eq!(bare_name(written), "key-rotation");
        }
    }
}
