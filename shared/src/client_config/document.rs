//! The JSON object that is the text of a secret.

use std::{collections::BTreeMap, fmt};

use secrecy::{ExposeSecret, SecretString};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{Field, Format, NotADocument, ReadError, RenderError, login::Text};
use crate::confluent::{Credential, Endpoints};

/// The fields of a secret. Those of others keep the very text of their values, so that a rewrite
/// alters nothing that is not ours. `Debug` shows the names only.
#[derive(Clone, Default)]
pub struct Document {
    fields: BTreeMap<String, Box<RawValue>>,
}

impl Document {
    /// A document without fields, `{}`.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Reads the text of a secret.
    ///
    /// # Errors
    /// The text is no JSON object, or names a field twice. The error holds no part of a value.
    pub fn parse(text: &SecretString) -> Result<Self, NotADocument> {
        #[allow(
            clippy::disallowed_methods,
            reason = "its values are kept from every output"
        )]
        let text = text.expose_secret();
        let Some(first) = text.trim_start().bytes().next() else {
            return Err(NotADocument::Empty);
        };
        // Checked apart: the errors of this pass know positions only, while a mismatch of types
        // is reported with the value.
        serde_json::from_str::<&RawValue>(text).map_err(|error| not_json(&error))?;
        let found = match first {
            b'{' => {
                return Self::from_pairs(
                    serde_json::from_str::<Pairs>(text).map_err(|error| not_json(&error))?,
                );
            }
            b'[' => "an array",
            b'"' => "a string",
            b't' | b'f' => "a boolean",
            b'n' => "null",
            _ => "a number",
        };
        Err(NotADocument::NotAnObject { found })
    }

    fn from_pairs(pairs: Pairs) -> Result<Self, NotADocument> {
        let mut fields = BTreeMap::new();
        for (field, value) in pairs.0 {
            if fields.contains_key(&field) {
                return Err(NotADocument::Twice { field });
            }
            fields.insert(field, value);
        }
        Ok(Self { fields })
    }

    /// The text to store: compact, fields sorted by name.
    #[must_use]
    pub fn to_text(&self) -> SecretString {
        let mut text = String::from("{");
        for (field, value) in &self.fields {
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&json_string(field));
            text.push(':');
            text.push_str(value.get());
        }
        text.push('}');
        SecretString::from(text)
    }

    /// This document with the fields of a key: what the format owns is replaced, all else stays.
    ///
    /// # Errors
    /// As [`Format::render`].
    pub fn render(
        &self,
        format: Format,
        credential: &Credential,
        endpoints: &Endpoints,
    ) -> Result<Self, RenderError> {
        let mut document = self.foreign_fields(format);
        for (field, value) in format.render(credential, endpoints)? {
            document.insert((field, value));
        }
        Ok(document)
    }

    fn insert(&mut self, (field, value): Field) {
        #[allow(
            clippy::disallowed_methods,
            reason = "it goes into the text of a secret"
        )]
        let value = value.expose_secret();
        // Always true: a JSON string is JSON.
        if let Ok(value) = RawValue::from_string(json_string(value)) {
            self.fields.insert(field.to_owned(), value);
        }
    }

    /// The fields that the format does not own.
    #[must_use]
    pub fn foreign_fields(&self, format: Format) -> Self {
        let mut foreign = self.clone();
        foreign
            .fields
            .retain(|field, _| !format.owned().contains(&field.as_str()));
        foreign
    }

    /// The names of the foreign fields that are not the same here and in `other`, sorted.
    #[must_use]
    pub fn differing_foreign_fields(&self, other: &Self, format: Format) -> Vec<String> {
        let mut names: Vec<&String> = self.fields.keys().chain(other.fields.keys()).collect();
        names.sort_unstable();
        names.dedup();
        names
            .into_iter()
            .filter(|name| !format.owned().contains(&name.as_str()))
            .filter(|name| self.raw(name) != other.raw(name))
            .cloned()
            .collect()
    }

    /// Whether there is no field at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// How many of these fields are there.
    pub(super) fn count(&self, fields: &[&str]) -> usize {
        let present = |field: &&&str| self.fields.contains_key(**field);
        fields.iter().filter(present).count()
    }

    /// Whether any field that the format does not own holds the key's id or secret.
    pub(super) fn keeps_beside(&self, format: Format, credential: &Credential) -> bool {
        #[allow(
            clippy::disallowed_methods,
            reason = "the secret is looked for in the text that it came from"
        )]
        let secret = credential.secret.expose_secret();
        let foreign = |field: &String| !format.owned().contains(&field.as_str());
        let mut foreign = self.fields.iter().filter(|(field, _)| foreign(field));
        foreign.any(|(_, value)| {
            let text = serde_json::from_str(value.get()).map(Text::new);
            let text = text.as_ref().map_or(value.get(), |text| text.as_str());
            text.contains(credential.id.as_str()) || text.contains(secret)
        })
    }

    fn raw(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(|value| value.get())
    }

    /// The text of a field that must be a string where it is there.
    pub(super) fn text(&self, field: &'static str) -> Result<Option<Text>, ReadError> {
        self.raw(field)
            .map(serde_json::from_str)
            .transpose()
            .map(|text| text.map(Text::new))
            .map_err(|_| ReadError::NotText { field })
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.fields.len() == other.fields.len()
            && self
                .fields
                .keys()
                .all(|field| self.raw(field) == other.raw(field))
    }
}

impl Eq for Document {}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.fields.keys()).finish()
    }
}

fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn not_json(error: &serde_json::Error) -> NotADocument {
    NotADocument::NotJson {
        line: error.line(),
        column: error.column(),
    }
}

/// The fields as they stand, one that is there twice included.
struct Pairs(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}
