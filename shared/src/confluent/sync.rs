//! Whether an API key works at its resource: one probe a call.

mod cloud;
mod kafka_rest;
mod schema_registry;

use std::error::Error;

use url::Url;

use super::{
    budget::Place,
    client::{Confluent, Credential},
    error::ConfluentError,
    printable::printable,
    resource::{Endpoints, Resource},
};

/// What a resource said to a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// 200 with an answer of the documented form.
    Accepted,
    /// 401: unknown, or not yet in sync.
    Refused,
    /// 403: known and allowed nothing, not yet in sync, or something before the resource says no.
    Forbidden,
    /// Nothing was learned about the credential; the text says why.
    Unreachable(String),
}

/// A harmless read, and how its answer begins.
struct Probe {
    url: Url,
    first_byte: u8,
}

impl Confluent {
    /// One round of the probe: signs in at `resource` with `credential` (not with our own) over a
    /// new connection, once.
    pub async fn sign_in(
        &self,
        endpoints: &Endpoints,
        resource: &Resource,
        credential: &Credential,
    ) -> SignIn {
        let probe = match endpoints {
            Endpoints::Kafka { rest, .. } => kafka_rest::probe(rest, &resource.id),
            Endpoints::SchemaRegistry { url } => schema_registry::probe(url),
            Endpoints::Cloud => Ok(cloud::probe(self)),
        };
        let probe = match probe {
            Ok(probe) => probe,
            Err(error) => return SignIn::Unreachable(error.to_string()),
        };
        let request = credential.sign(self.http.fresh.get(probe.url));
        let Some(request) = self.prepare(request) else {
            return SignIn::Unreachable("the deadline of the invocation has passed".to_owned());
        };
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return SignIn::Unreachable(root(&error)),
        };
        match response.status().as_u16() {
            200 => {}
            401 => return SignIn::Refused,
            403 => return SignIn::Forbidden,
            status => return SignIn::Unreachable(format!("answered {status}")),
        }
        // The beginning is enough: a list of topics may be long, and a login page begins otherwise.
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => match chunk.trim_ascii_start().first() {
                    Some(first) if *first == probe.first_byte => return SignIn::Accepted,
                    Some(_) => {
                        return SignIn::Unreachable("answered 200 with something else".to_owned());
                    }
                    None => {}
                },
                Ok(None) => return SignIn::Unreachable("answered 200 with nothing".to_owned()),
                Err(error) => return SignIn::Unreachable(root(&error)),
            }
        }
    }
}

impl Confluent {
    /// Whether the control plane answers 401 to this client itself. Asked once, over a connection that
    /// is kept; any other answer, or none, says nothing against what it is signed in with.
    pub async fn is_refused(&self) -> bool {
        let asked = self.http.pooled.get(cloud::url(self));
        match self.send("sign in", asked, Place::InLine).await {
            Err(ConfluentError::Refused(refusal)) => refusal.status == 401,
            _ => false,
        }
    }
}

/// The innermost reason, such as `connection refused`.
fn root(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "took too long".to_owned();
    }
    let mut reason: &dyn Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    printable(&reason.to_string(), 300)
}
