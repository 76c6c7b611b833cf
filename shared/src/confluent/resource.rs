//! What an API key opens: the resource, its kind and its addresses.

use std::fmt;

use url::Url;

use super::{
    ids::{EnvironmentId, IdError, ResourceId},
    printable::printable,
};

/// The kinds of resources whose keys are rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceKind {
    /// A Kafka cluster, `lkc-…`.
    Kafka,
    /// A Schema Registry, `lsrc-…`.
    SchemaRegistry,
    /// Confluent Cloud's own API, `cloud`: a Cloud API key.
    Cloud,
}

impl ResourceKind {
    /// The kind that an id tells; as at Confluent, case does not matter.
    ///
    /// # Errors
    /// The id's kind is unknown, or known and not built yet.
    pub fn of(id: &str) -> Result<Self, IdError> {
        let lower = id.to_ascii_lowercase();
        let not_built = |kind| {
            Err(IdError::NotBuilt {
                kind,
                id: printable(id, 64),
            })
        };
        match lower.as_str() {
            "cloud" => Ok(Self::Cloud),
            "tableflow" => not_built("tableflow"),
            "global" => not_built("global"),
            kafka if kafka.starts_with("lkc-") => Ok(Self::Kafka),
            registry if registry.starts_with("lsrc-") => Ok(Self::SchemaRegistry),
            ksqldb if ksqldb.starts_with("lksqlc-") => not_built("ksqlDB"),
            region
                if ["aws.", "azure.", "gcp."]
                    .iter()
                    .any(|c| region.starts_with(c)) =>
            {
                not_built("flink")
            }
            _ => Err(IdError::Prefix {
                expected: "`lkc-` or `lsrc-`, or is `cloud`",
                got: printable(id, 64),
            }),
        }
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kafka => "kafka",
            Self::SchemaRegistry => "schema_registry",
            Self::Cloud => "cloud",
        })
    }
}

/// A resource and the environment it is in, if it is in one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource {
    /// The resource.
    pub id: ResourceId,
    /// Its environment, which Confluent asks for when the resource is looked up. What belongs to
    /// the organization (`cloud`) has none.
    pub environment: Option<EnvironmentId>,
}

impl Resource {
    /// What a Cloud API key opens.
    #[must_use]
    pub fn cloud() -> Self {
        Self {
            id: ResourceId::cloud(),
            environment: None,
        }
    }

    /// What the resource is.
    #[must_use]
    pub fn kind(&self) -> ResourceKind {
        self.id.kind()
    }

    /// The environment as a filter of a query.
    pub(super) fn filter(&self) -> Option<(&'static str, &str)> {
        Some(("environment", self.environment.as_ref()?.as_str()))
    }
}

/// Where clients reach a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoints {
    /// A Kafka cluster.
    Kafka {
        /// `host:port[,host:port]`, without `SASL_SSL://`.
        bootstrap_servers: String,
        /// The cluster's REST endpoint.
        rest: Url,
    },
    /// A Schema Registry.
    SchemaRegistry {
        /// The address as Confluent writes it, without a slash at the end.
        url: String,
    },
    /// Confluent Cloud's own API, at the address that the client has anyway.
    Cloud,
}

impl Endpoints {
    /// The kind of resource that is reached there.
    #[must_use]
    pub fn kind(&self) -> ResourceKind {
        match self {
            Self::Kafka { .. } => ResourceKind::Kafka,
            Self::SchemaRegistry { .. } => ResourceKind::SchemaRegistry,
            Self::Cloud => ResourceKind::Cloud,
        }
    }
}
