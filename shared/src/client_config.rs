//! Client configuration: an API key and its endpoints as the fields that a client reads, and back.
//!
//! Programs read these fields by name from a secret, so names, values and escaping are a contract:
//! a format writes its fields and no other, every value is a JSON string, and
//! `read(render(key)) = key`.

mod cloud_api_key;
mod document;
mod error;
mod event_source;
mod jaas;
mod java;
mod librdkafka;
mod login;
mod parameters;
mod recognize;
mod schema_registry_java;
mod schema_registry_python;
mod user_info;

use std::{fmt, str::FromStr};

use secrecy::SecretString;
use serde::Deserialize;

use crate::confluent::{Credential, Endpoints, ResourceKind};
use login::Login;
use schema_registry_java::{BARE, PREFIXED};

pub use cloud_api_key::read_cloud_api_key;
pub use document::Document;
pub use error::{FormatError, JaasError, NotADocument, ReadError, RenderError};
pub use parameters::{
    ClientParameter, ClientParameters, ClientParametersError, RenderedParameters,
};
pub use recognize::{Reading, Recognized, recognize};

/// One field of a secret: its name and its value.
pub type Field = (&'static str, SecretString);

/// The fields that one kind of client reads, written by their names of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Format {
    /// `java`: `sasl.jaas.config` (single-quoted, as Terraform wrote it), `bootstrap.servers`.
    Java,
    /// `librdkafka`: `sasl.username`, `sasl.password`, `bootstrap.servers`.
    Librdkafka,
    /// `schema_registry_java`: `basic.auth.credentials.source`, `basic.auth.user.info`,
    /// `schema.registry.url`.
    SchemaRegistryJava,
    /// `schema_registry_java_prefixed`: the same with `schema.registry.` before every name.
    SchemaRegistryJavaPrefixed,
    /// `schema_registry_python`: `url`, `basic.auth.user.info`.
    SchemaRegistryPython,
    /// `event_source`: `username`, `password`, as a Lambda event source mapping reads them,
    /// for its cluster and for its registry.
    EventSource,
    /// `cloud_api_key`: `api_key`, `api_secret`, the secret that Keywheel itself signs in with.
    CloudApiKey,
    /// `confluent_cloud_api_key`: `apiKey`, `apiSecret` beside `serviceAccountId` and others, a
    /// managed external secret of Secrets Manager.
    ConfluentCloudApiKey,
}

/// Formats that the contract names and this version does not write.
const NOT_BUILT_YET: [&str; 2] = ["python", "flink_compute_pool"];

impl Format {
    /// Every format, in the order in which errors list them.
    pub const ALL: [Self; 8] = [
        Self::Java,
        Self::Librdkafka,
        Self::SchemaRegistryJava,
        Self::SchemaRegistryJavaPrefixed,
        Self::SchemaRegistryPython,
        Self::EventSource,
        Self::CloudApiKey,
        Self::ConfluentCloudApiKey,
    ];

    /// The name in a target.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Java => "java",
            Self::Librdkafka => "librdkafka",
            Self::SchemaRegistryJava => "schema_registry_java",
            Self::SchemaRegistryJavaPrefixed => "schema_registry_java_prefixed",
            Self::SchemaRegistryPython => "schema_registry_python",
            Self::EventSource => "event_source",
            Self::CloudApiKey => cloud_api_key::OURS.format,
            Self::ConfluentCloudApiKey => cloud_api_key::MANAGED.format,
        }
    }

    /// Whether clients of this kind of resource read the format.
    #[must_use]
    pub fn fits(self, kind: ResourceKind) -> bool {
        match self {
            Self::Java | Self::Librdkafka => kind == ResourceKind::Kafka,
            Self::SchemaRegistryJava
            | Self::SchemaRegistryJavaPrefixed
            | Self::SchemaRegistryPython => kind == ResourceKind::SchemaRegistry,
            Self::EventSource => kind != ResourceKind::Cloud,
            Self::CloudApiKey | Self::ConfluentCloudApiKey => kind == ResourceKind::Cloud,
        }
    }

    /// The fields that a secret of this format must not keep from before: those that it writes,
    /// and other spellings of the same, which a client might prefer.
    #[must_use]
    pub fn owned(self) -> &'static [&'static str] {
        match self {
            Self::Java => &java::OWNED,
            Self::Librdkafka => &librdkafka::OWNED,
            Self::SchemaRegistryJava | Self::SchemaRegistryJavaPrefixed => {
                &schema_registry_java::OWNED
            }
            Self::SchemaRegistryPython => &schema_registry_python::OWNED,
            Self::EventSource => &event_source::OWNED,
            Self::CloudApiKey => &cloud_api_key::OURS.owned,
            Self::ConfluentCloudApiKey => &cloud_api_key::MANAGED.owned,
        }
    }

    /// The fields that a secret of this format has.
    fn written(self) -> &'static [&'static str] {
        match self {
            Self::SchemaRegistryJava => &schema_registry_java::BARE_FIELDS,
            Self::SchemaRegistryJavaPrefixed => &schema_registry_java::PREFIXED_FIELDS,
            other => other.owned(),
        }
    }

    /// The fields for a key, each name once.
    ///
    /// # Errors
    /// The endpoints are those of another kind of resource, or the format cannot hold the key.
    pub fn render(
        self,
        credential: &Credential,
        endpoints: &Endpoints,
    ) -> Result<Vec<Field>, RenderError> {
        let login = Login::of(credential)?;
        match (self, endpoints) {
            (
                Self::Java,
                Endpoints::Kafka {
                    bootstrap_servers, ..
                },
            ) => Ok(java::render(&login, bootstrap_servers)),
            (
                Self::Librdkafka,
                Endpoints::Kafka {
                    bootstrap_servers, ..
                },
            ) => librdkafka::render(&login, bootstrap_servers),
            (Self::SchemaRegistryJava, Endpoints::SchemaRegistry { url }) => {
                Ok(BARE.render(&login, url))
            }
            (Self::SchemaRegistryJavaPrefixed, Endpoints::SchemaRegistry { url }) => {
                Ok(PREFIXED.render(&login, url))
            }
            (Self::SchemaRegistryPython, Endpoints::SchemaRegistry { url }) => {
                Ok(schema_registry_python::render(&login, url))
            }
            (Self::EventSource, Endpoints::Kafka { .. } | Endpoints::SchemaRegistry { .. }) => {
                Ok(event_source::render(&login))
            }
            (Self::CloudApiKey, Endpoints::Cloud) => Ok(cloud_api_key::OURS.render(&login)),
            (Self::ConfluentCloudApiKey, Endpoints::Cloud) => {
                Ok(cloud_api_key::MANAGED.render(&login))
            }
            (format, endpoints) => Err(RenderError::DoesNotFit {
                format,
                kind: endpoints.kind(),
            }),
        }
    }

    /// The key that a secret holds in this format; `None` when none of the fields that hold it
    /// is there.
    ///
    /// # Errors
    /// One of the fields is there, and no key can be read. The error names fields, never values.
    pub fn read(self, document: &Document) -> Result<Option<Credential>, ReadError> {
        match self {
            Self::Java => java::read(document),
            Self::Librdkafka => librdkafka::read(document),
            Self::SchemaRegistryJava | Self::SchemaRegistryJavaPrefixed => {
                schema_registry_java::read(document)
            }
            Self::SchemaRegistryPython => schema_registry_python::read(document),
            Self::EventSource => event_source::read(document),
            Self::CloudApiKey => cloud_api_key::read(document, &cloud_api_key::OURS),
            Self::ConfluentCloudApiKey => cloud_api_key::read(document, &cloud_api_key::MANAGED),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(name: &str) -> Result<Self, FormatError> {
        if let Some(format) = Self::ALL.into_iter().find(|format| format.name() == name) {
            return Ok(format);
        }
        let name = name.to_owned();
        Err(if NOT_BUILT_YET.contains(&name.as_str()) {
            FormatError::NotBuiltYet { name }
        } else {
            FormatError::Unknown { name }
        })
    }
}

impl TryFrom<String> for Format {
    type Error = FormatError;

    fn try_from(name: String) -> Result<Self, FormatError> {
        name.parse()
    }
}

#[cfg(test)]
mod tests;
