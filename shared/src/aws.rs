//! The common ground of the AWS clients: one HTTP client on one TLS stack, and what a failed call tells.

use std::time::Duration;

use aws_config::{SdkConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use base64::{Engine, engine::general_purpose::STANDARD};
use thiserror::Error;

/// The authorities that AWS endpoints chain to: compiled in, because reading the platform's
/// PEM files is nine tenths of a function's start.
const AWS_AUTHORITIES: [&[u8]; 2] = [b"Amazon Root CA", b"Starfield"];

/// The SDK tries a call up to three times; each try and all of them together are bounded.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(30);

/// The configuration that every AWS client of a function is made from. Region, credentials and
/// `AWS_ENDPOINT_URL` come from the environment; `ca_bundle` (PEM) is trusted beside Amazon's roots.
pub async fn configuration(ca_bundle: Option<&[u8]>) -> SdkConfig {
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .filter(|der| AWS_AUTHORITIES.iter().any(|name| contains(der, name)))
        .fold(TrustStore::empty(), |roots, der| {
            roots.with_pem_certificate(pem(der))
        });
    let roots = match ca_bundle {
        Some(bundle) => roots.with_pem_certificate(bundle),
        None => roots,
    };
    let builder = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    let http_client = match TlsContext::builder().with_trust_store(roots).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        // `build` promises an error that it never returns.
        Err(_) => builder.build_https(),
    };
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    aws_config::from_env()
        .http_client(http_client)
        .timeout_config(timeouts)
        .load()
        .await
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

fn pem(der: &[u8]) -> String {
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        STANDARD.encode(der)
    )
}

/// What an AWS service said when it refused a call, or why there is no answer. Never a payload.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("{code}: {message} (request id `{request_id}`)")]
pub struct ServiceError {
    /// The service's own code, such as `AccessDeniedException`; `NoAnswer` when there was none.
    pub code: String,
    /// The service's sentence.
    pub message: String,
    /// `-` when there was no answer.
    pub request_id: String,
    /// The HTTP status of the answer, if there was one.
    pub status: Option<u16>,
}

impl ServiceError {
    /// A call without an answer: whether it was done is unknown.
    #[must_use]
    pub fn no_answer(reason: &str) -> Self {
        Self {
            code: "NoAnswer".to_owned(),
            message: reason.to_owned(),
            request_id: "-".to_owned(),
            status: None,
        }
    }

    /// Whether the service answered that it did *not* do what was asked (a 4xx that is no time-out).
    /// Everything else has an unknown outcome.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.status
            .is_some_and(|status| (400..500).contains(&status) && status != 408)
    }
}

impl<E> From<SdkError<E, HttpResponse>> for ServiceError
where
    E: ProvideErrorMetadata,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        let answered = error
            .as_service_error()
            .map(|service| service.meta().clone())
            .unwrap_or_default();
        let request_id = answered.extra("aws_request_id").unwrap_or("-").to_owned();
        let (code, message) = match (&error, answered.code()) {
            (_, Some(code)) => (code, answered.message().unwrap_or("no message")),
            (SdkError::TimeoutError(_), _) => return Self::no_answer("the call timed out"),
            (SdkError::DispatchFailure(_), _) => return Self::no_answer("the connection failed"),
            (SdkError::ConstructionFailure(_), _) => ("NotSent", "the call could not be built"),
            _ => ("UnreadableAnswer", "the answer could not be read"),
        };
        Self {
            code: code.to_owned(),
            message: message.to_owned(),
            request_id,
            status,
        }
    }
}
