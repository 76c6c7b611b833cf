//! The client parameters: what consumers and producers read from Parameter Store beside a secret.
//!
//! Existing readers take one page of ten parameters under a path, prefer a parameter to a secret's
//! field of the same name, and rewrite values that look like numbers. Hence what is refused and
//! warned of here.

mod defaults;
mod number;

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;
use thiserror::Error;

use crate::ordered::ordered;

use super::Format;
use defaults::{CONSUMER, PRODUCER, Property};

/// Readers fetch one page, and a page holds this many.
const PAGE: usize = 10;
/// A standard parameter's value, in characters.
const LONGEST_VALUE: usize = 4096;
/// A parameter's whole name, in characters.
const LONGEST_NAME: usize = 1011;
/// Levels of a parameter's name at most; two are ours (the client and the property).
const DEEPEST_PREFIX: usize = 13;
/// Leaves room for every property of the contract, in characters.
const LONGEST_PREFIX: usize = 900;

/// The part `parameters` of a target.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientParameters {
    /// The path above `/consumer_kafka_client` and `/producer_kafka_client`; begins with `/`.
    /// Default `/confluent_cloud_resource`.
    pub prefix: String,
    /// Where a consumer without a committed offset begins. Default `earliest`.
    pub auto_offset_reset: AutoOffsetReset,
    /// Consumer properties beside the ten of the contract, or instead of one of them.
    pub consumer: BTreeMap<String, String>,
    /// Producer properties beside the four of the contract, or instead of one of them.
    pub producer: BTreeMap<String, String>,
}

impl Default for ClientParameters {
    fn default() -> Self {
        Self {
            prefix: "/confluent_cloud_resource".to_owned(),
            auto_offset_reset: AutoOffsetReset::Earliest,
            consumer: BTreeMap::new(),
            producer: BTreeMap::new(),
        }
    }
}

/// A value of `auto.offset.reset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AutoOffsetReset {
    /// At the oldest record.
    Earliest,
    /// At the next record.
    Latest,
}

/// A parameter as it is to be, of type `String`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientParameter {
    /// The whole path.
    pub name: String,
    /// The property's value.
    pub value: String,
    /// What a person reads in the console.
    pub description: String,
}

/// All parameters of a target, and what may surprise their readers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RenderedParameters {
    /// The consumer's by name, then the producer's by name.
    pub parameters: Vec<ClientParameter>,
    /// Sentences for the report.
    pub warnings: Vec<String>,
}

/// Which clients read a property: the last segment but one of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// `…/consumer_kafka_client`.
    Consumer,
    /// `…/producer_kafka_client`.
    Producer,
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Consumer => "consumer",
            Self::Producer => "producer",
        })
    }
}

/// A field of a target's `parameters` is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClientParametersError {
    /// Parameter Store would refuse the path.
    #[error("`parameters.prefix` is `{prefix}`: {reason}")]
    Prefix {
        /// As the target says.
        prefix: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Parameter Store would refuse the parameter, or it would defeat the rotation.
    #[error("`parameters.{client}` has `{property}`: {reason}")]
    Property {
        /// Whose property.
        client: Client,
        /// Its name.
        property: String,
        /// What is wrong with its name or value.
        reason: &'static str,
    },
}

impl ClientParameters {
    /// The parameters that Parameter Store is to hold.
    ///
    /// # Errors
    /// The prefix, or the name or value of a property, is one that Parameter Store refuses; or a
    /// property belongs to the rotated secret, which it would outdo.
    pub fn render(&self) -> Result<RenderedParameters, ClientParametersError> {
        check_prefix(&self.prefix).map_err(|reason| ClientParametersError::Prefix {
            prefix: self.prefix.clone(),
            reason,
        })?;
        let mut rendered = RenderedParameters {
            parameters: Vec::new(),
            warnings: Vec::new(),
        };
        let reset = match self.auto_offset_reset {
            AutoOffsetReset::Earliest => "earliest",
            AutoOffsetReset::Latest => "latest",
        };
        let mut consumer = CONSUMER.to_vec();
        consumer.push(defaults::auto_offset_reset(reset));
        self.add(&mut rendered, Client::Consumer, &consumer, &self.consumer)?;
        self.add(&mut rendered, Client::Producer, &PRODUCER, &self.producer)?;
        Ok(rendered)
    }

    fn add(
        &self,
        rendered: &mut RenderedParameters,
        client: Client,
        defaults: &[Property],
        extras: &BTreeMap<String, String>,
    ) -> Result<(), ClientParametersError> {
        let path = format!("{}/{client}_kafka_client", self.prefix);
        let properties = defaults
            .iter()
            .map(|known| (known.name, (known.value, known.description.to_owned())));
        let mut properties: BTreeMap<&str, (&str, String)> = ordered(properties);
        for (property, value) in extras {
            check_property(&path, property, value).map_err(|reason| {
                ClientParametersError::Property {
                    client,
                    property: property.clone(),
                    reason,
                }
            })?;
            if number::is_rewritten(value) {
                rendered.warnings.push(format!(
                    "`parameters.{client}` has `{property}` = `{value}`: readers that parse numbers rewrite it"
                ));
            }
            let described = || ("", format!("Kafka {client} property, set by the target."));
            properties.entry(property).or_insert_with(described).0 = value;
        }
        if properties.len() > PAGE {
            rendered.warnings.push(format!(
                "`{path}` has {} parameters: readers that fetch one page see {PAGE} of them",
                properties.len()
            ));
        }
        let parameters = properties
            .into_iter()
            .map(|(property, (value, description))| ClientParameter {
                name: format!("{path}/{property}"),
                value: value.to_owned(),
                description,
            });
        rendered.parameters.extend(parameters);
        Ok(())
    }
}

fn check_prefix(prefix: &str) -> Result<(), &'static str> {
    let Some(levels) = prefix.strip_prefix('/') else {
        return Err("expected a `/` at the beginning");
    };
    let first = levels.to_ascii_lowercase();
    if first.starts_with("aws") || first.starts_with("ssm") {
        return Err("Parameter Store keeps names that begin with `aws` or `ssm` to itself");
    }
    if !levels.split('/').all(is_name) {
        return Err(
            "expected levels of letters, digits, `.`, `-` and `_`, without a `/` at the end",
        );
    }
    if levels.split('/').count() > DEEPEST_PREFIX {
        return Err("expected at most 13 levels");
    }
    if prefix.len() > LONGEST_PREFIX {
        return Err("expected at most 900 characters");
    }
    Ok(())
}

fn check_property(path: &str, property: &str, value: &str) -> Result<(), &'static str> {
    if !is_name(property) {
        return Err("expected a name of letters, digits, `.`, `-` and `_`");
    }
    if is_reserved(property) {
        return Err("it belongs to the rotated secret, and readers prefer the parameter");
    }
    if path.len() + 1 + property.len() > LONGEST_NAME {
        return Err("its whole path is longer than 1011 characters");
    }
    match value.chars().count() {
        0 => Err("its value is empty, which Parameter Store refuses"),
        1..=LONGEST_VALUE if value.contains("{{") => {
            Err("its value has `{{`, which Parameter Store refuses")
        }
        1..=LONGEST_VALUE => Ok(()),
        _ => Err("its value is longer than 4096 characters"),
    }
}

fn is_name(text: &str) -> bool {
    let named = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    !text.is_empty() && text.bytes().all(named)
}

/// The fields of every format, except the one that is a parameter of the contract.
fn is_reserved(property: &str) -> bool {
    let contract = CONSUMER.iter().any(|known| known.name == property);
    let owned = |format: Format| format.owned().contains(&property);
    !contract && Format::ALL.into_iter().any(owned)
}

#[cfg(test)]
mod tests;
