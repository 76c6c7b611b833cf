//! The common ground of the AWS clients: their configuration, and what a failed call tells.

mod connector;

use std::{env, time::Duration};

use aws_config::{
    BehaviorVersion, SdkConfig,
    environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider},
    identity::IdentityCache,
    meta::region::ProvideRegion,
    retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_sdk_secretsmanager::config::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use thiserror::Error;

use crate::http::HttpClient;

pub(crate) use self::connector::Connector;

/// The SDK tries a call up to three times; each try and all of them together are bounded.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(30);

/// The configuration that every AWS client of a function is made from. `AWS_REGION`, credentials,
/// `AWS_ENDPOINT_URL`, `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT` come from the
/// environment, where Lambda puts them: the loader that also looks into files and asks other
/// services would be a tenth of a function's zip.
pub async fn configuration(http: &HttpClient) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    let credentials = EnvironmentVariableCredentialsProvider::new();
    let switched_on = |name| variable(name).map(|value| value.eq_ignore_ascii_case("true"));
    let mut configuration = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(EnvironmentVariableRegionProvider::new().region().await)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .identity_cache(IdentityCache::lazy().build())
        .http_client(Connector::new(http))
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard());
    configuration
        .set_endpoint_url(variable("AWS_ENDPOINT_URL"))
        .set_use_fips(switched_on("AWS_USE_FIPS_ENDPOINT"))
        .set_use_dual_stack(switched_on("AWS_USE_DUALSTACK_ENDPOINT"));
    configuration.build()
}

/// `AWS_ENDPOINT_URL_<service>`, which goes before `AWS_ENDPOINT_URL`: a VPC endpoint without
/// private DNS has an address of its own for each service.
pub(crate) fn endpoint_url(service: &str) -> Option<String> {
    variable(&format!("AWS_ENDPOINT_URL_{service}"))
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
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
