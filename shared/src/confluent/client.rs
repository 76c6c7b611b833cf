//! The client: whose credential, where to, until when, and how often.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use reqwest::{RequestBuilder, header};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep};
use tracing::warn;
use url::Url;

use crate::http::{HttpClient, TOTAL_TIMEOUT};

use super::{
    address::BaseUrl,
    answer::{Answer, no_answer},
    budget::{Budget, Place, Ticket},
    error::{ConfluentError, ErrorKind},
    ids::ApiKeyId,
    outage::{Ended, Outage},
    patience::Patience,
};

/// A call that was refused by the rate limit was certainly not done, so it is sent again, a write too.
const AFTER_RATE_LIMIT: u32 = 6;

/// A write whose turn comes later than this is not sent: what made it right was seen before it waited.
const FRESH: Duration = Duration::from_secs(20);

/// An API key: its id and its secret. `Debug` shows the id only.
#[derive(Clone)]
pub struct Credential {
    /// The public half.
    pub id: ApiKeyId,
    /// The half that Confluent shows once.
    pub secret: SecretString,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Credential {
    /// The request with this credential in its `Authorization` header, which is marked sensitive.
    pub(super) fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        #[allow(
            clippy::disallowed_methods,
            reason = "the secret goes into the header of a request to its own service"
        )]
        let secret = self.secret.expose_secret();
        request.basic_auth(&self.id, Some(secret))
    }
}

/// What the control plane is signed in to with. `Debug` shows an API key's id only.
#[derive(Debug, Clone)]
pub enum Access {
    /// A Cloud API key.
    ApiKey(Credential),
    /// A token of Confluent's STS, good for some minutes.
    Token(SecretString),
    /// Nothing: to get such a token.
    Nobody,
}

impl Access {
    fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::ApiKey(credential) => credential.sign(request),
            Self::Token(token) => {
                #[allow(
                    clippy::disallowed_methods,
                    reason = "the token goes into the header of a request to its own service"
                )]
                let token = token.expose_secret();
                request.bearer_auth(token)
            }
            Self::Nobody => request,
        }
    }
}

/// Who asks, for Confluent's logs and ours: `keywheel/<version> (<function>; <request id>)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent {
    /// The function's name.
    pub function: String,
    /// The invocation's request id.
    pub request_id: String,
}

impl fmt::Display for UserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = env!("CARGO_PKG_VERSION");
        write!(
            f,
            "keywheel/{version} ({}; {})",
            self.function, self.request_id
        )
    }
}

/// A client of Confluent Cloud for one invocation.
#[derive(Debug)]
pub struct Confluent {
    pub(super) http: HttpClient,
    base: BaseUrl,
    pub(super) access: Access,
    user_agent: String,
    deadline: Instant,
    budget: Budget,
    rate_limited: Arc<AtomicU32>,
    pub(super) patience: Patience,
    outage: Outage,
}

impl Confluent {
    /// A client that signs in to `base` with `access`, at the pace of `budget`.
    /// After `deadline` nothing is sent, and nothing is waited for.
    #[must_use]
    pub fn new(
        http: &HttpClient,
        base: &BaseUrl,
        access: Access,
        user_agent: &UserAgent,
        deadline: Instant,
        budget: &Budget,
    ) -> Self {
        // Anything else would not be a header.
        let visible = |c: &char| c.is_ascii_graphic() || *c == ' ';
        Self {
            http: http.clone(),
            base: base.clone(),
            access,
            user_agent: user_agent.to_string().chars().filter(visible).collect(),
            deadline,
            budget: budget.clone(),
            rate_limited: Arc::default(),
            patience: Patience::CONTROL_PLANE,
            outage: Outage::default(),
        }
    }

    /// The same client, signed in with another Cloud API key. What that key is refused says nothing
    /// about this run's own.
    #[must_use]
    pub fn signed_in_with(&self, credential: Credential) -> Self {
        Self {
            http: self.http.clone(),
            base: self.base.clone(),
            access: Access::ApiKey(credential),
            user_agent: self.user_agent.clone(),
            deadline: self.deadline,
            budget: self.budget.clone(),
            rate_limited: Arc::clone(&self.rate_limited),
            patience: self.patience,
            outage: Outage::default(),
        }
    }

    /// The Cloud API key that this client is signed in with, if it is one.
    #[must_use]
    pub fn api_key(&self) -> Option<&ApiKeyId> {
        match &self.access {
            Access::ApiKey(credential) => Some(&credential.id),
            Access::Token(_) | Access::Nobody => None,
        }
    }

    /// Whether this client itself signs in with the key.
    #[must_use]
    pub fn is_own_key(&self, id: &ApiKeyId) -> bool {
        self.api_key() == Some(id)
    }

    /// Why nothing is asked any more: three operations in a row failed.
    #[must_use]
    pub fn outage(&self) -> Option<Ended> {
        self.outage.ended()
    }

    /// How many calls of this invocation the rate limit refused.
    #[must_use]
    pub fn rate_limited(&self) -> u32 {
        self.rate_limited.load(Ordering::Relaxed)
    }

    /// The address of an operation of the control plane.
    pub(super) fn url(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.join(segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Reads, and repeats the read while that can help and the deadline allows.
    pub(super) async fn read(&self, operation: &str, url: Url) -> Result<Answer, ConfluentError> {
        self.outage.check(operation)?;
        self.outage.count(self.insist(operation, url).await)
    }

    async fn insist(&self, operation: &str, url: Url) -> Result<Answer, ConfluentError> {
        let mut repetition = 0;
        loop {
            let get = self.http.pooled.get(url.clone());
            let error = match self.send(operation, get, Place::InLine).await {
                Ok(answer) => return Ok(answer),
                Err(error) if !error.passing() => return Err(error),
                Err(error) => error,
            };
            let asked = match &error {
                ConfluentError::Refused(refusal) => refusal.retry_after,
                _ => None,
            };
            match self.patience.pause(repetition, asked, fastrand::f64()) {
                Some(pause) if Instant::now() + pause < self.deadline => {
                    sleep(pause).await;
                    warn!("asked again after {pause:?}: {error}");
                }
                _ => return Err(error),
            }
            repetition += 1;
        }
    }

    /// Writes: sent again only when the rate limit refused it.
    pub(super) async fn write(
        &self,
        operation: &str,
        request: RequestBuilder,
        place: Place,
    ) -> Result<Answer, ConfluentError> {
        self.outage.check(operation)?;
        self.outage
            .count(self.send(operation, request, place).await)
    }

    /// Sends in its turn, signed; again only when the rate limit refused it.
    pub(super) async fn send(
        &self,
        operation: &str,
        mut request: RequestBuilder,
        place: Place,
    ) -> Result<Answer, ConfluentError> {
        let until = match place {
            Place::Front => self.deadline.min(Instant::now() + FRESH),
            Place::InLine => self.deadline,
        };
        let mut refused = None;
        for _ in 0..=AFTER_RATE_LIMIT {
            let again = request.try_clone();
            let Some(ticket) = self.budget.turn(place, until).await else {
                break;
            };
            match self.send_once(operation, request, ticket).await {
                Err(error) if error.kind() == ErrorKind::RateLimited => {
                    self.rate_limited.fetch_add(1, Ordering::Relaxed);
                    refused = Some(error);
                }
                answer => return answer,
            }
            match again {
                Some(again) => request = again,
                None => break,
            }
        }
        let operation = operation.to_owned();
        Err(refused.unwrap_or(if until < self.deadline {
            ConfluentError::NoTurn { operation }
        } else {
            ConfluentError::OutOfTime { operation }
        }))
    }

    async fn send_once(
        &self,
        operation: &str,
        request: RequestBuilder,
        ticket: Ticket,
    ) -> Result<Answer, ConfluentError> {
        let Some(request) = self.prepare(self.access.sign(request)) else {
            return Err(ConfluentError::OutOfTime {
                operation: operation.to_owned(),
            });
        };
        match request.send().await {
            Ok(response) => {
                ticket.answered(&response);
                Answer::read(operation, response).await
            }
            Err(error) => Err(no_answer(operation, error)),
        }
    }

    /// The request with our name and a time-out within the deadline; `None` when that has passed.
    pub(super) fn prepare(&self, request: RequestBuilder) -> Option<RequestBuilder> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| {
            request
                .header(header::USER_AGENT, &self.user_agent)
                .timeout(left.min(TOTAL_TIMEOUT))
        })
    }
}
