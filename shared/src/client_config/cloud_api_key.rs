//! Formats `cloud_api_key` and `confluent_cloud_api_key`: the secret that holds a Cloud API key, ours
//! (`api_key`, `api_secret`) or a managed external secret of Secrets Manager (`apiKey`, `apiSecret`
//! among others). Which of two pairs a reader takes is undefined, so a secret has one.

use super::{Document, Field, ReadError, login, login::Login};
use crate::confluent::Credential;

/// The names of one pair.
pub(super) struct Pair {
    pub(super) format: &'static str,
    pub(super) owned: [&'static str; 2],
}

pub(super) const OURS: Pair = Pair {
    format: "cloud_api_key",
    owned: ["api_key", "api_secret"],
};

/// `serviceAccountId`, `resourceId` and `environmentId` stand beside it and never change with the key.
pub(super) const MANAGED: Pair = Pair {
    format: "confluent_cloud_api_key",
    owned: ["apiKey", "apiSecret"],
};

impl Pair {
    pub(super) fn render(&self, login: &Login<'_>) -> Vec<Field> {
        let [id, secret] = self.owned;
        vec![(id, login.id.into()), (secret, login.secret.into())]
    }

    fn read(&self, document: &Document) -> Result<Option<Credential>, ReadError> {
        let [id, secret] = self.owned;
        login::read_pair(document, id, secret)
    }
}

/// The key under the names that a target has said.
pub(super) fn read(document: &Document, pair: &Pair) -> Result<Option<Credential>, ReadError> {
    match (OURS.read(document)?, MANAGED.read(document)?) {
        (Some(_), Some(_)) => Err(ReadError::TwoCloudApiKeys),
        (Some(_), None) if pair.format != OURS.format => Err(ReadError::OtherFormat {
            format: OURS.format,
        }),
        (None, Some(_)) if pair.format != MANAGED.format => Err(ReadError::OtherFormat {
            format: MANAGED.format,
        }),
        (ours, managed) => Ok(ours.or(managed)),
    }
}

/// The Cloud API key that a secret holds under either pair of names.
///
/// # Errors
/// Neither pair of fields is there, both are, or the one that is there holds no key.
pub fn read_cloud_api_key(document: &Document) -> Result<Credential, ReadError> {
    match (OURS.read(document)?, MANAGED.read(document)?) {
        (Some(_), Some(_)) => Err(ReadError::TwoCloudApiKeys),
        (ours, managed) => ours.or(managed).ok_or(ReadError::NoCloudApiKey),
    }
}
