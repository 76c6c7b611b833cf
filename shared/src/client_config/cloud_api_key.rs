//! The secret that holds the Cloud API key: ours (`api_key`, `api_secret`), or a managed external
//! secret of Secrets Manager (`apiKey`, `apiSecret` among others).

use super::{Document, ReadError, login};
use crate::confluent::Credential;

/// The Cloud API key that a secret holds.
///
/// # Errors
/// Neither pair of fields is there, both are, or the one that is there holds no key.
pub fn read_cloud_api_key(document: &Document) -> Result<Credential, ReadError> {
    let ours = login::read_pair(document, "api_key", "api_secret")?;
    let managed = login::read_pair(document, "apiKey", "apiSecret")?;
    match (ours, managed) {
        (Some(_), Some(_)) => Err(ReadError::TwoCloudApiKeys),
        (ours, managed) => ours.or(managed).ok_or(ReadError::NoCloudApiKey),
    }
}
