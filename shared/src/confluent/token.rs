//! Confluent's Security Token Service: somebody else's word for who we are against a token of
//! Confluent's. Experimental.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

use super::{
    budget::Place,
    client::{Access, Confluent},
    error::ConfluentError,
    ids::IdentityPoolId,
};

const TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type";

/// A token for the control plane.
#[derive(Debug)]
pub struct Token {
    /// What the control plane is signed in to with.
    pub access: Access,
    /// How long it is good for.
    pub expires_in: Duration,
}

/// No `Debug`: it holds the token.
#[derive(Deserialize)]
struct WireToken {
    #[serde(deserialize_with = "secret")]
    access_token: SecretString,
    expires_in: u64,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

impl Confluent {
    /// Exchanges `identity`, a token of an identity provider that Confluent knows.
    ///
    /// # Errors
    /// A refusal, no answer, or one that does not read.
    pub async fn exchange(
        &self,
        pool: &IdentityPoolId,
        identity: &SecretString,
    ) -> Result<Token, ConfluentError> {
        let operation = format!("exchange the web identity for identity pool `{pool}`");
        #[allow(
            clippy::disallowed_methods,
            reason = "the token goes into the body of a request to the service it is for"
        )]
        let identity = identity.expose_secret();
        let form = [
            (
                "grant_type",
                "urn:ietf:params:oauth:grant-type:token-exchange",
            ),
            ("subject_token", identity),
            ("subject_token_type", &format!("{TOKEN_TYPE}:jwt")),
            (
                "requested_token_type",
                &format!("{TOKEN_TYPE}:access_token"),
            ),
            ("identity_pool_id", pool.as_str()),
        ];
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = self
            .http
            .pooled
            .post(self.url(&["sts", "v1", "oauth2", "token"], &[]))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let answer = self.write(&operation, request, Place::InLine).await?;
        let token: WireToken = answer.json()?;
        Ok(Token {
            access: Access::Token(token.access_token),
            expires_in: Duration::from_secs(token.expires_in),
        })
    }
}
