//! AWS: one moto server with our corrections for the whole process. Accounts separate those who share it.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::{
    http_client::{self, HttpError},
    progress::Progress,
};

mod calls;
mod server;

pub use server::{StartError, stop};

/// The only region of the local cloud.
pub const REGION: &str = "us-east-1";

/// Why moto did not do what it was asked. Refusals are AWS's own, to be looked at by their `code`.
#[derive(Debug, Error)]
pub enum MotoError {
    /// No server.
    #[error("moto did not start")]
    Start(#[from] &'static StartError),
    /// No answer.
    #[error("moto did not answer `{operation}`")]
    NoAnswer {
        /// What was asked.
        operation: String,
        /// Why.
        #[source]
        source: HttpError,
    },
    /// A refusal.
    #[error("`{operation}` was refused with {status} `{code}`: {message}")]
    Refused {
        /// What was asked.
        operation: String,
        /// The HTTP status.
        status: StatusCode,
        /// AWS's code, such as `ResourceNotFoundException`.
        code: String,
        /// AWS's sentence.
        message: String,
    },
    /// Not the JSON that was promised.
    #[error("the answer of `{operation}` cannot be read")]
    Unreadable {
        /// What was asked.
        operation: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// One account of the server, in [`REGION`]: asked directly, past every fault and log.
#[derive(Debug, Clone)]
pub struct Account {
    id: String,
    url: &'static str,
}

/// A Lambda function as the control plane knows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FunctionConfiguration {
    /// Its name.
    pub name: String,
    /// Its ARN, without a qualifier.
    pub arn: String,
    /// Its own environment.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Seconds.
    pub timeout: u64,
    /// MB.
    pub memory: u64,
}

impl Account {
    /// The account of these 12 digits; the first in a process starts the server, which takes some seconds.
    ///
    /// # Errors
    /// The server cannot be started; each later call gets the same error.
    pub async fn open(id: String, progress: Progress) -> Result<Self, MotoError> {
        let url = server::url(progress).await?;
        Ok(Self { id, url })
    }

    /// Its 12 digits.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The server's base URL.
    #[must_use]
    pub fn url(&self) -> &'static str {
        self.url
    }

    /// Calls a service that speaks JSON by `X-Amz-Target`, such as `secretsmanager.CreateSecret`.
    ///
    /// # Errors
    /// [`MotoError::Refused`] with AWS's code, or no readable answer.
    pub async fn call(&self, target: &str, body: &Value) -> Result<Value, MotoError> {
        let request = Request::post(format!("{}/", self.url))
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.1");
        self.ask(target, signing_name(target), request, body).await
    }

    /// Calls a service that speaks REST, such as `lambda`.
    ///
    /// # Errors
    /// As [`Account::call`].
    pub async fn rest(
        &self,
        service: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, MotoError> {
        let operation = format!("{method} {path}");
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        self.ask(&operation, service, request, body).await
    }

    /// Tells where Lambda functions of this account are executed.
    ///
    /// # Errors
    /// As [`Account::call`].
    pub async fn set_player(&self, url: &str) -> Result<(), MotoError> {
        let body = json!({"account": self.id, "url": url});
        self.correct(Method::POST, "player", &body).await.map(drop)
    }

    /// The functions of this account.
    ///
    /// # Errors
    /// As [`Account::call`].
    pub async fn functions(&self) -> Result<Vec<FunctionConfiguration>, MotoError> {
        #[derive(Deserialize)]
        struct Answer {
            functions: Vec<FunctionConfiguration>,
        }
        let answer = self.correct(Method::GET, "functions", &Value::Null).await?;
        let answer: Answer =
            serde_json::from_value(answer).map_err(|source| MotoError::Unreadable {
                operation: "functions".to_owned(),
                source,
            })?;
        Ok(answer.functions)
    }

    /// The secrets and parameters, read inside.
    ///
    /// # Errors
    /// As [`Account::call`].
    pub async fn stores(&self) -> Result<Value, MotoError> {
        self.correct(Method::GET, "stores", &Value::Null).await
    }

    /// Every event that was put on a bus, in order: `bus`, and `event` as a rule's target gets it.
    ///
    /// # Errors
    /// As [`Account::call`].
    pub async fn events(&self) -> Result<Vec<Value>, MotoError> {
        let mut answer = self.correct(Method::GET, "events", &Value::Null).await?;
        Ok(match answer["events"].take() {
            Value::Array(events) => events,
            _ => Vec::new(),
        })
    }

    /// Makes everything stored older by `days`.
    ///
    /// # Errors
    /// As [`Account::call`].
    pub async fn age(&self, days: f64) -> Result<(), MotoError> {
        let body = json!({"account": self.id, "days": days});
        self.correct(Method::POST, "age", &body).await.map(drop)
    }

    /// Keeps secrets and parameters as they are now, in place of what was kept before.
    ///
    /// # Errors
    /// As [`Account::call`].
    pub async fn save(&self) -> Result<(), MotoError> {
        let body = json!({"account": self.id});
        self.correct(Method::POST, "save", &body).await.map(drop)
    }

    /// Secrets and parameters as they were kept, as if they had always been so.
    ///
    /// # Errors
    /// As [`Account::call`]; refused when nothing was kept.
    pub async fn restore(&self) -> Result<(), MotoError> {
        let body = json!({"account": self.id});
        self.correct(Method::POST, "restore", &body).await.map(drop)
    }

    /// Empties Secrets Manager, Parameter Store, DynamoDB and EventBridge.
    ///
    /// # Errors
    /// As [`Account::call`].
    pub async fn reset(&self) -> Result<(), MotoError> {
        let body = json!({"account": self.id});
        self.correct(Method::POST, "reset", &body).await.map(drop)
    }

    /// Asks the corrections themselves.
    async fn correct(&self, method: Method, name: &str, body: &Value) -> Result<Value, MotoError> {
        let path = format!("/corrections/{name}?account={}", self.id);
        self.rest("corrections", method, &path, body).await
    }

    async fn ask(
        &self,
        operation: &str,
        service: &str,
        request: http::request::Builder,
        body: &Value,
    ) -> Result<Value, MotoError> {
        let body = if body.is_null() {
            Bytes::new()
        } else {
            body.to_string().into()
        };
        // moto takes the service from the signature's scope, and checks no signature.
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=local/20200101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        let no_answer = |source| MotoError::NoAnswer {
            operation: operation.to_owned(),
            source,
        };
        let request = request
            .header("authorization", authorization)
            .header("x-moto-account-id", &self.id)
            .body(body)
            .map_err(|_| {
                no_answer(HttpError::Address {
                    address: self.url.to_owned(),
                })
            })?;
        let answer = http_client::send(request).await.map_err(no_answer)?;
        if !answer.status().is_success() {
            return Err(refused(operation, &answer));
        }
        if answer.body().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(answer.body()).map_err(|source| MotoError::Unreadable {
            operation: operation.to_owned(),
            source,
        })
    }
}

fn refused(operation: &str, answer: &http::Response<Bytes>) -> MotoError {
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let first = |names: [&str; 3]| {
        let found = names.iter().find_map(|name| body[*name].as_str());
        found.unwrap_or("-").to_owned()
    };
    let in_header = answer
        .headers()
        .get("x-amzn-errortype")
        .and_then(|value| value.to_str().ok());
    MotoError::Refused {
        operation: operation.to_owned(),
        status: answer.status(),
        code: in_header.map_or_else(|| first(["__type", "Type", "code"]), str::to_owned),
        message: first(["message", "Message", "error"]),
    }
}

/// The service's name in a signature, from the first part of `X-Amz-Target`.
pub(crate) fn signing_name(target: &str) -> &str {
    match target.split('.').next().unwrap_or_default() {
        "AmazonSSM" => "ssm",
        "AWSEvents" => "events",
        prefix if prefix.starts_with("DynamoDB_") => "dynamodb",
        prefix if prefix.starts_with("Logs_") => "logs",
        prefix => prefix,
    }
}
