//! AWS's word for who this function is: a signed token (`sts:GetWebIdentityToken`) that others can
//! verify. Experimental.
//!
//! It is one request of the query protocol, signed by the SDK's own signer: the SDK's client for STS
//! would be several times all of this in a function's zip.

use std::{env, time::SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use reqwest::{RequestBuilder, header};
use secrecy::SecretString;
use thiserror::Error;
use url::form_urlencoded;

use crate::{
    aws::{ServiceError, endpoint_url},
    http::HttpClient,
};

const FORM: &str = "application/x-www-form-urlencoded";
/// It is exchanged at once.
const DURATION_SECONDS: &str = "300";
/// The other one, RS256, makes longer tokens.
const SIGNING_ALGORITHM: &str = "ES384";
/// A token may be asked for as often as one likes.
const ATTEMPTS: u32 = 3;

/// AWS gave no token.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("`sts:GetWebIdentityToken` failed for audience `{audience}`")]
pub struct WebIdentityError {
    /// Whom the token was to be for.
    pub audience: String,
    /// What the service said.
    #[source]
    pub source: Box<ServiceError>,
}

/// The Security Token Service of a Region, which alone gives such tokens: the global one does not.
#[derive(Debug, Clone)]
pub struct WebIdentity {
    http: HttpClient,
    credentials: Option<SharedCredentialsProvider>,
    region: String,
    url: String,
}

impl WebIdentity {
    /// A client from the common configuration.
    #[must_use]
    pub fn new(configuration: &SdkConfig, http: &HttpClient) -> Self {
        let region = configuration.region().map(ToString::to_string);
        let region = region.unwrap_or_default();
        let given = endpoint_url("STS").or_else(|| configuration.endpoint_url().map(str::to_owned));
        let url = given.unwrap_or_else(|| {
            let fips = configuration.use_fips().unwrap_or_default();
            regional(&region, fips)
        });
        Self {
            http: http.clone(),
            credentials: configuration.credentials_provider(),
            region,
            url: format!("{}/", url.trim_end_matches('/')),
        }
    }

    /// A token that names this function's role, for `audience`. Valid for five minutes.
    ///
    /// # Errors
    /// [`WebIdentityError`].
    pub async fn token(&self, audience: &str) -> Result<SecretString, WebIdentityError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "GetWebIdentityToken")
            .append_pair("Version", "2011-06-15")
            .append_pair("Audience.member.1", audience)
            .append_pair("DurationSeconds", DURATION_SECONDS)
            .append_pair("SigningAlgorithm", SIGNING_ALGORITHM)
            .finish();
        let mut attempt = 1;
        loop {
            match self.ask(&form).await {
                Err(source) if source.refused() || attempt == ATTEMPTS => {
                    return Err(WebIdentityError {
                        audience: audience.to_owned(),
                        source: Box::new(source),
                    });
                }
                Err(_) => attempt += 1,
                Ok(token) => return Ok(token),
            }
        }
    }

    async fn ask(&self, form: &str) -> Result<SecretString, ServiceError> {
        let lost = |_| ServiceError::no_answer("the connection failed");
        let answer = self.signed(form).await?.send().await.map_err(lost)?;
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(lost)?;
        match element(&text, "WebIdentityToken") {
            Some(token) if status == 200 => Ok(SecretString::from(token)),
            _ => Err(ServiceError {
                code: element(&text, "Code")
                    .unwrap_or("UnreadableAnswer")
                    .to_owned(),
                message: element(&text, "Message").unwrap_or("no message").to_owned(),
                request_id: element(&text, "RequestId").unwrap_or("-").to_owned(),
                status: Some(status),
            }),
        }
    }

    async fn signed(&self, form: &str) -> Result<RequestBuilder, ServiceError> {
        let unsigned = || ServiceError::no_answer("the call could not be signed");
        let credentials = self.credentials.as_ref().ok_or_else(unsigned)?;
        let credentials = credentials.provide_credentials().await;
        let identity = credentials.map_err(|_| unsigned())?.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("sts")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build();
        let params = params.map_err(|_| unsigned())?.into();
        let headers = [(header::CONTENT_TYPE.as_str(), FORM)];
        let body = SignableBody::Bytes(form.as_bytes());
        let request = SignableRequest::new("POST", &self.url, headers.into_iter(), body);
        let signed = request.and_then(|request| sign(request, &params));
        let (signature, _) = signed.map_err(|_| unsigned())?.into_parts();
        let mut request = self.http.pooled.post(&self.url).body(form.to_owned());
        for (name, value) in headers.into_iter().chain(signature.headers()) {
            request = request.header(name, value);
        }
        // As the SDK does, so that Lambda can see a function that calls itself.
        if let Ok(trace) = env::var("_X_AMZN_TRACE_ID") {
            request = request.header("x-amzn-trace-id", trace);
        }
        Ok(request)
    }
}

fn regional(region: &str, fips: bool) -> String {
    let sts = if fips { "sts-fips" } else { "sts" };
    let domain = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    format!("https://{sts}.{region}.{domain}")
}

/// The text of the first element of this name. What is read here has no character that XML escapes.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (inside, _) = rest.split_once(&format!("</{name}>"))?;
    Some(inside.trim()).filter(|inside| !inside.is_empty())
}

#[cfg(test)]
mod tests;
