//! Signing in without any stored key: AWS's word for who this function is, exchanged for a token of
//! Confluent's, anew in every invocation. Experimental: each half is documented, the chain is not.

use crate::{
    confluent::{Confluent, IdentityPoolId, Token},
    web_identity::WebIdentity,
};

use super::error::RotationError;

/// `nobody` is a client that is not signed in.
///
/// # Errors
/// [`RotationError::WebIdentity`], [`RotationError::Confluent`].
pub(super) async fn token(
    web_identity: &WebIdentity,
    nobody: &Confluent,
    pool: &IdentityPoolId,
    audience: &str,
) -> Result<Token, RotationError> {
    let identity = web_identity.token(audience).await?;
    Ok(nobody.exchange(pool, &identity).await?)
}
