//! Which key a text holds, and in which format, when nobody said so.

use std::cmp::Reverse;

use super::{Document, Format, ReadError};
use crate::confluent::{ApiKeyId, ResourceKind};

/// A key that a text holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognized {
    /// The key's id.
    pub id: ApiKeyId,
    /// The formats that read it, the most specific first.
    pub readings: Vec<Reading>,
}

/// A format that reads a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The format.
    pub format: Format,
    /// The key stands in fields that the format does not own as well: they would keep it when the
    /// secret is written.
    pub kept_beside: bool,
}

impl Recognized {
    /// By the most specific format for a resource of `kind`.
    #[must_use]
    pub fn for_kind(&self, kind: ResourceKind) -> Option<Reading> {
        let mut readings = self.readings.iter().copied();
        readings.find(|reading| reading.format.fits(kind))
    }
}

/// The keys that a text holds, each once, in the order of [`Format::ALL`]. A format is the more specific
/// the more of its fields are there; of two alike the one that is listed first.
///
/// # Errors
/// No format reads a key, and this is why the first that has its fields there does not; or two fields
/// contradict each other, so that it is undefined which key a client takes.
pub fn recognize(document: &Document) -> Result<Vec<Recognized>, ReadError> {
    let mut keys: Vec<Recognized> = Vec::new();
    let mut first_error = None;
    for format in Format::ALL {
        match format.read(document) {
            Ok(Some(credential)) => {
                let reading = Reading {
                    format,
                    kept_beside: document.keeps_beside(format, &credential),
                };
                match keys.iter_mut().find(|key| key.id == credential.id) {
                    Some(key) => key.readings.push(reading),
                    None => keys.push(Recognized {
                        id: credential.id,
                        readings: vec![reading],
                    }),
                }
            }
            Ok(None) => {}
            Err(error @ (ReadError::Contradiction { .. } | ReadError::TwoCloudApiKeys)) => {
                return Err(error);
            }
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    for key in &mut keys {
        let fields = |reading: &Reading| document.count(reading.format.written());
        key.readings.sort_by_key(|reading| Reverse(fields(reading)));
    }
    match first_error {
        Some(error) if keys.is_empty() => Err(error),
        _ => Ok(keys),
    }
}
