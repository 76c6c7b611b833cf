//! The Cloud API key that Keywheel itself signs in with, read from its secret in every invocation.

use crate::{
    client_config::{Document, read_cloud_api_key},
    confluent::Credential,
    secrets::Secrets,
};

use super::error::RotationError;

/// Reads the pair in `AWSCURRENT`.
///
/// # Errors
/// [`RotationError::CloudApiKey`] when the secret holds none, or two.
pub(super) async fn read(secrets: &Secrets, secret: &str) -> Result<Credential, RotationError> {
    let refused = |reason: String| RotationError::CloudApiKey {
        secret: secret.to_owned(),
        reason,
    };
    let text = secrets.current_text(secret).await?;
    let text = text.ok_or_else(|| refused("its value is binary".to_owned()))?;
    let document = Document::parse(&text).map_err(|error| refused(error.to_string()))?;
    read_cloud_api_key(&document).map_err(|error| refused(error.to_string()))
}
