//! The HTTP client: one TLS stack, roots compiled in, no redirects, bounded waits.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::{Client, ClientBuilder, redirect::Policy};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use thiserror::Error;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// From the first byte sent to the last byte of the answer.
pub(super) const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);

/// A frozen function's connections are dead when it wakes; a short life keeps most of them
/// from being tried first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Why there is no HTTP client.
#[derive(Debug, Error)]
pub enum HttpClientError {
    /// The bundle is no PEM with certificates.
    #[error("expected a PEM bundle of certificates")]
    Bundle {
        /// What the PEM reader said.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// A certificate of the bundle cannot be a root.
    #[error("certificate {number} of the bundle cannot be trusted as a root")]
    Root {
        /// Counted from 1.
        number: usize,
        /// What the TLS library said.
        #[source]
        source: rustls::Error,
    },
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
    /// Keeps connections: for the control plane.
    pub(super) pooled: Client,
    /// A new connection for each request: a sign-in proves nothing about a key that was
    /// accepted when an earlier connection opened.
    pub(super) fresh: Client,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpClient")
    }
}

/// The HTTP client for everything of Confluent's. Trusts the public roots and, beside them, those
/// of `ca_bundle` (PEM). Connects within 5 s, answers within 30 s, follows no redirect, reads no
/// proxy from the environment.
///
/// # Errors
/// The bundle is not PEM, or holds no usable certificate.
pub fn http_client(ca_bundle: Option<&[u8]>) -> Result<HttpClient, HttpClientError> {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|source| HttpClientError::Tls { source })?
        .with_root_certificates(roots(ca_bundle)?)
        .with_no_client_auth();
    Ok(HttpClient {
        pooled: build(builder(tls.clone()).pool_idle_timeout(IDLE_TIMEOUT))?,
        fresh: build(builder(tls).pool_max_idle_per_host(0))?,
    })
}

fn roots(ca_bundle: Option<&[u8]>) -> Result<RootCertStore, HttpClientError> {
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let Some(bundle) = ca_bundle else {
        return Ok(roots);
    };
    // An empty bundle is a mistake too: reading its first certificate says so.
    CertificateDer::from_pem_slice(bundle).map_err(|source| HttpClientError::Bundle { source })?;
    for (index, certificate) in CertificateDer::pem_slice_iter(bundle).enumerate() {
        let certificate = certificate.map_err(|source| HttpClientError::Bundle { source })?;
        roots
            .add(certificate)
            .map_err(|source| HttpClientError::Root {
                number: index + 1,
                source,
            })?;
    }
    Ok(roots)
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
