//! How the functions sign in to Confluent Cloud's own API.

use crate::confluent::{IdError, IdentityPoolId};

use super::{lookup::Lookup, secret_id};

/// `CONFLUENT_AUTH`, with what each way needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfluentAuth {
    /// `api_key`, the default.
    ApiKey {
        /// `CONFLUENT_CLOUD_API_KEY_SECRET_ID`: name or ARN of the secret that holds the Cloud API
        /// key. Required.
        secret_id: String,
    },
    /// `sts`, experimental: AWS's token for the function's role is exchanged at Confluent's STS.
    Sts {
        /// `CONFLUENT_IDENTITY_POOL_ID`: the identity pool, `pool-…`. Required.
        identity_pool: IdentityPoolId,
        /// `CONFLUENT_IDENTITY_AUDIENCE`: whom AWS's token is for, as the identity provider at
        /// Confluent expects it. Default `https://confluent.cloud/oidc`.
        audience: String,
    },
}

pub(super) fn confluent_auth(settings: &mut Lookup<'_>) -> Option<ConfluentAuth> {
    let sts = settings.or("CONFLUENT_AUTH", "api_key", |auth| match auth {
        "api_key" => Ok(false),
        "sts" => Ok(true),
        _ => Err("expected `api_key` or `sts`"),
    })?;
    if !sts {
        let secret_id = settings.required_and_private(
            "CONFLUENT_CLOUD_API_KEY_SECRET_ID",
            "name or ARN of the secret that holds the Cloud API key",
            secret_id,
        )?;
        return Some(ConfluentAuth::ApiKey { secret_id });
    }
    let identity_pool = settings.required(
        "CONFLUENT_IDENTITY_POOL_ID",
        "the identity pool that `CONFLUENT_AUTH=sts` signs in by, `pool-…`",
        |pool| pool.parse().map_err(|error: IdError| error.to_string()),
    );
    let audience = settings.or(
        "CONFLUENT_IDENTITY_AUDIENCE",
        "https://confluent.cloud/oidc",
        |audience| match audience.len() {
            ..=1000 => Ok(audience.to_owned()),
            _ => Err("expected at most 1000 characters"),
        },
    );
    Some(ConfluentAuth::Sts {
        identity_pool: identity_pool?,
        audience: audience?,
    })
}
