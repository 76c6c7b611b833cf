//! Addresses that credentials may be sent to.

use std::str::FromStr;

use thiserror::Error;
use url::{Host, Url};

use super::printable::printable;

/// Why an address gets no credentials.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Not a URL at all. The text is not repeated: it may hold a password.
    #[error("expected a URL such as `https://api.confluent.cloud`")]
    NotAUrl,
    /// Credentials would travel in the clear.
    #[error(
        "expected `https` (plain `http` only to a loopback address), but got `{scheme}` to `{host}`"
    )]
    Insecure {
        /// The URL's scheme.
        scheme: String,
        /// The URL's host.
        host: String,
    },
    /// A user or password in the URL would end in logs.
    #[error("expected no user and no password in the URL of `{host}`")]
    UserInfo {
        /// The URL's host.
        host: String,
    },
    /// The base URL is a host: the group (`/iam/v2`) belongs to each operation.
    #[error("expected no path, query or fragment after `{host}`, but got `{got}`")]
    MoreThanAHost {
        /// The URL's host.
        host: String,
        /// What follows it, cut when long.
        got: String,
    },
}

/// Where Confluent Cloud's own API is: `https`, or plain `http` to a loopback address; a host
/// and perhaps a port, nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// The address of an operation; each segment is encoded.
    pub(super) fn join(&self, segments: &[&str]) -> Url {
        join(&self.0, segments)
    }
}

impl TryFrom<Url> for BaseUrl {
    type Error = AddressError;

    fn try_from(url: Url) -> Result<Self, AddressError> {
        secure(&url)?;
        let after = &url[url::Position::BeforePath..];
        if after != "/" {
            return Err(AddressError::MoreThanAHost {
                host: host(&url),
                got: printable(after, 64),
            });
        }
        Ok(Self(url))
    }
}

impl FromStr for BaseUrl {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        parse(text).and_then(Self::try_from)
    }
}

/// A URL that credentials may be sent to.
pub(super) fn parse_secure(text: &str) -> Result<Url, AddressError> {
    let url = parse(text)?;
    secure(&url)?;
    Ok(url)
}

/// The URL with `segments` put behind its path, each encoded.
pub(super) fn join(url: &Url, segments: &[&str]) -> Url {
    let mut url = url.clone();
    // Fails only for URLs without a host, and `secure` lets none pass.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

fn parse(text: &str) -> Result<Url, AddressError> {
    Url::parse(text).map_err(|_| AddressError::NotAUrl)
}

/// Whether credentials may be sent to the URL.
pub(super) fn secure(url: &Url) -> Result<(), AddressError> {
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // RFC 6761 keeps this name for the loopback.
        Some(Host::Domain(name)) => name == "localhost",
        None => return Err(AddressError::NotAUrl),
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
        return Err(AddressError::Insecure {
            scheme: url.scheme().to_owned(),
            host: host(url),
        });
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::UserInfo { host: host(url) });
    }
    Ok(())
}

fn host(url: &Url) -> String {
    printable(url.host_str().unwrap_or_default(), 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        text.parse::<BaseUrl>().unwrap_err().to_string()
    }

    #[test]
    fn https_and_loopback_are_accepted() {
        for text in [
            "https://api.confluent.cloud",
            "https://api.confluent.cloud:443/",
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:1",
            "http://localhost:8080",
        ] {
            text.parse::<BaseUrl>().unwrap();
        }
    }

    #[test]
    fn a_refusal_says_why() {
        insta::assert_snapshot!(refused("http://api.confluent.cloud"), @"expected `https` (plain `http` only to a loopback address), but got `http` to `api.confluent.cloud`");
        insta::assert_snapshot!(refused("http://127.0.0.1.example.com"), @"expected `https` (plain `http` only to a loopback address), but got `http` to `127.0.0.1.example.com`");
        insta::assert_snapshot!(refused("http://0.0.0.0"), @"expected `https` (plain `http` only to a loopback address), but got `http` to `0.0.0.0`");
        insta::assert_snapshot!(refused("ftp://127.0.0.1"), @"expected `https` (plain `http` only to a loopback address), but got `ftp` to `127.0.0.1`");
        insta::assert_snapshot!(refused("https://key:hunter2@api.confluent.cloud"), @"expected no user and no password in the URL of `api.confluent.cloud`");
        insta::assert_snapshot!(refused("https://api.confluent.cloud/iam/v2"), @"expected no path, query or fragment after `api.confluent.cloud`, but got `/iam/v2`");
        insta::assert_snapshot!(refused("api.confluent.cloud"), @"expected a URL such as `https://api.confluent.cloud`");
        insta::assert_snapshot!(refused("mailto:somebody"), @"expected a URL such as `https://api.confluent.cloud`");
    }

    #[test]
    fn segments_are_encoded() {
        let base: BaseUrl = "https://api.confluent.cloud".parse().unwrap();
        let url = base.join(&["iam", "a b?c#d%/e"]);
        assert_eq!(
            url.as_str(),
            "https://api.confluent.cloud/iam/a%20b%3Fc%23d%25%2Fe"
        );
    }
}
