//! Names of targets, as an event gives them.

use std::fmt;

use super::RequestError;
use crate::rotation::target::TargetName;

/// A target's name, or a prefix of names that ends in `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// One target.
    Exact(TargetName),
    /// All that begin so.
    Prefix(String),
}

impl Pattern {
    /// Whether the target of this name is meant.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exact(exact) => exact.as_str() == name,
            Self::Prefix(prefix) => name.starts_with(prefix),
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, RequestError> {
        let wrong = || RequestError::Pattern {
            pattern: text.to_owned(),
        };
        match text.strip_suffix('*') {
            Some(prefix) if prefix.contains('*') => Err(wrong()),
            Some(prefix) => Ok(Self::Prefix(prefix.to_owned())),
            None => text.parse().map(Self::Exact).map_err(|_| wrong()),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => name.fmt(f),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
        }
    }
}
