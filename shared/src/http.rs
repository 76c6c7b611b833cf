//! The HTTP client of AWS and Confluent: one TLS stack, roots compiled in, no redirects, bounded waits.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::{Client, ClientBuilder, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};
use thiserror::Error;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// From the first byte sent to the last byte of the answer.
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);

/// A frozen function's connections are dead when it wakes; a short life keeps most of them
/// from being tried first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Why there is no HTTP client.
#[derive(Debug, Error)]
pub enum HttpClientError {
    /// The TLS settings contradict each other.
    #[error("the TLS configuration is not valid")]
    Tls {
        /// What the TLS library said.
        #[source]
        source: rustls::Error,
    },
    /// The client could not be built.
    #[error("the HTTP client could not be built")]
    Client {
        /// What the HTTP library said.
        #[source]
        source: reqwest::Error,
    },
}

/// The process's HTTP client. Cheap to clone.
#[derive(Clone)]
pub struct HttpClient {
    /// Keeps connections: for AWS and the control plane.
    pub(crate) pooled: Client,
    /// A new connection for each request: a sign-in proves nothing about a key that was
    /// accepted when an earlier connection opened.
    pub(crate) fresh: Client,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpClient")
    }
}

impl HttpClient {
    /// Trusts the public roots and, beside them, `ca_bundle`. Connects within 5 s, answers within
    /// 30 s, follows no redirect, reads no proxy from the environment.
    ///
    /// # Errors
    /// The TLS library or the HTTP library refuses these settings.
    pub fn new(ca_bundle: &[CertificateDer<'static>]) -> Result<Self, HttpClientError> {
        let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        roots.add_parsable_certificates(ca_bundle.iter().cloned());
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|source| HttpClientError::Tls { source })?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            pooled: build(builder(tls.clone()).pool_idle_timeout(IDLE_TIMEOUT))?,
            fresh: build(builder(tls).pool_max_idle_per_host(0))?,
        })
    }
}

fn builder(tls: ClientConfig) -> ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
}

fn build(builder: ClientBuilder) -> Result<Client, HttpClientError> {
    builder
        .build()
        .map_err(|source| HttpClientError::Client { source })
}
