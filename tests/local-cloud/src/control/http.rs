//! The control URL.

use std::error::Error;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::Controls;
use crate::{
    causes,
    refusal::as_json,
    serve::{Listener, Server},
};

/// Status and body of an answer.
type Answer = Result<Value, (u16, String)>;

/// Serves the controls.
#[must_use]
pub fn serve(listener: Listener, controls: Controls) -> Server {
    listener.serve(move |request| answer(request, controls.clone()))
}

async fn answer(request: Request<Incoming>, controls: Controls) -> Option<Response<Bytes>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.ok()?.to_bytes();
    let query = head.uri.query().unwrap_or_default();
    let answer = controls
        .call(&head.method, head.uri.path(), query, &body)
        .await;
    Some(match answer {
        Ok(body) => as_json(200, &body),
        Err((status, sentence)) => as_json(status, &json!({"error": sentence})),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Age {
    days: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl Controls {
    async fn call(&self, method: &Method, path: &str, query: &str, body: &Bytes) -> Answer {
        match (method.as_str(), path) {
            ("GET", "/world") => Ok(self.emulator.world()),
            ("POST", "/world") => self.emulator.add(read(body)?).map_err(bad),
            ("DELETE", "/world") => self.emulator.delete(read(body)?).map_err(bad),
            ("POST", "/age") => {
                let Age { days } = read(body)?;
                self.age(days).await.map_err(broken)?;
                Ok(json!({"days": days}))
            }
            ("POST", "/sync") => self.emulator.set_sync(read(body)?).map_err(bad),
            ("POST", "/rate") => self.emulator.set_rate(read(body)?).map_err(bad),
            ("POST", "/faults") => {
                let ids = self.post_faults(read(body)?).map_err(bad)?;
                Ok(ids.into_iter().map(|id| json!({"id": id})).collect())
            }
            ("GET", "/faults") => Ok(json!(self.faults())),
            ("DELETE", "/faults") => {
                self.clear_faults();
                Ok(json!({}))
            }
            ("GET", "/requests") => Ok(json!(self.requests(since(query)?))),
            ("GET", "/stores") => self.stores().await.map_err(broken),
            ("GET", "/events") => self.events().await.map(Value::from).map_err(broken),
            ("POST", "/reset") => {
                let Nothing {} = if body.is_empty() {
                    Nothing {}
                } else {
                    read(body)?
                };
                self.reset().await.map_err(broken)?;
                Ok(json!({}))
            }
            _ => Err((404, format!("no call `{method} {path}`: {CALLS}"))),
        }
    }
}

const CALLS: &str = "there are GET, POST, DELETE /world, POST /age, POST /sync, POST /rate, \
    POST, GET, DELETE /faults, GET /requests, GET /stores, GET /events, POST /reset";

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, (u16, String)> {
    serde_json::from_slice(body).map_err(|error| bad(error.to_string()))
}

fn since(query: &str) -> Result<usize, (u16, String)> {
    let mut count = 0;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match (&*name, value.parse()) {
            ("since", Ok(number)) => count = number,
            ("since", Err(_)) => {
                return Err(bad(format!("`since` is a number, but got `{value}`")));
            }
            _ => return Err(bad(format!("unknown parameter `{name}`, expected `since`"))),
        }
    }
    Ok(count)
}

fn bad(sentence: String) -> (u16, String) {
    (400, sentence)
}

fn broken(error: impl Error) -> (u16, String) {
    (500, causes::sentence(&error))
}
