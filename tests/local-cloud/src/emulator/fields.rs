//! Reading a JSON object strictly: every field is asked for by name and type, and what is left over is refused.

use std::fmt;

use serde_json::{Map, Value};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// A field that is not as it must be. Displayed as `` `/spec/owner/id`: expected … ``.
#[derive(Debug, PartialEq)]
pub(super) struct Wrong {
    /// JSON pointer (RFC 6901) to the field.
    pub(super) pointer: String,
    pub(super) reason: String,
}

/// What is left to read of one object.
#[derive(Debug)]
pub(super) struct Fields {
    pointer: String,
    left: Map<String, Value>,
}

impl Fields {
    /// The fields of `value`, which stands at `pointer` (`""` is the document itself).
    pub(super) fn of(pointer: &str, value: Value) -> Result<Self, Wrong> {
        match value {
            Value::Object(left) => Ok(Self {
                pointer: pointer.to_owned(),
                left,
            }),
            other => Err(wrong(
                pointer,
                format!("expected an object, but got `{other}`"),
            )),
        }
    }

    /// Where this object stands.
    pub(super) fn pointer(&self) -> &str {
        &self.pointer
    }

    /// A refusal of the field `name`.
    pub(super) fn wrong(&self, name: &str, reason: impl Into<String>) -> Wrong {
        wrong(
            &format!(
                "{}/{}",
                self.pointer,
                name.replace('~', "~0").replace('/', "~1")
            ),
            reason,
        )
    }

    /// Whether the field is there, even as null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.left.contains_key(name)
    }

    /// Whether the field is there and null.
    pub(super) fn is_null(&self, name: &str) -> bool {
        self.left.get(name).is_some_and(Value::is_null)
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Wrong> {
        self.read(name, "a string", |value| value.as_str().map(str::to_owned))
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, Wrong> {
        self.read(name, "true or false", Value::as_bool)
    }

    pub(super) fn count(&mut self, name: &str) -> Result<Option<u32>, Wrong> {
        self.read(name, "a whole number from 0", |value| {
            value.as_u64()?.try_into().ok()
        })
    }

    /// A number from 0 that is not too large for a `Duration`.
    pub(super) fn number(&mut self, name: &str) -> Result<Option<f64>, Wrong> {
        self.read(name, "a number from 0 to 1e9", |value| {
            value.as_f64().filter(|number| (0.0..=1e9).contains(number))
        })
    }

    /// An RFC 3339 time; the answer is in UTC.
    pub(super) fn time(&mut self, name: &str) -> Result<Option<OffsetDateTime>, Wrong> {
        self.read(name, "an RFC 3339 time", |value| {
            Some(
                OffsetDateTime::parse(value.as_str()?, &Rfc3339)
                    .ok()?
                    .to_offset(UtcOffset::UTC),
            )
        })
    }

    /// One of `choices`.
    pub(super) fn choice<'a>(
        &mut self,
        name: &str,
        choices: &[&'a str],
    ) -> Result<Option<&'a str>, Wrong> {
        let expected = format!("one of `{}`", choices.join("`, `"));
        self.read(name, &expected, |value| {
            choices.iter().find(|choice| value == **choice).copied()
        })
    }

    pub(super) fn list(&mut self, name: &str) -> Result<Option<Vec<Value>>, Wrong> {
        self.read(name, "a list", |value| value.as_array().cloned())
    }

    /// The fields of an object within this one.
    pub(super) fn object(&mut self, name: &str) -> Result<Option<Self>, Wrong> {
        let pointer = format!("{}/{name}", self.pointer);
        self.left
            .remove(name)
            .map(|value| Self::of(&pointer, value))
            .transpose()
    }

    /// Drops fields whatever they hold: those that are read-only in a request.
    pub(super) fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.left.remove(*name);
        }
    }

    /// Refuses what was not read.
    pub(super) fn done(self) -> Result<(), Wrong> {
        match self.left.keys().next() {
            Some(name) => Err(self.wrong(name, "unknown field")),
            None => Ok(()),
        }
    }

    fn read<T>(
        &mut self,
        name: &str,
        expected: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, Wrong> {
        let Some(value) = self.left.remove(name) else {
            return Ok(None);
        };
        read(&value)
            .map(Some)
            .ok_or_else(|| self.wrong(name, format!("expected {expected}, but got `{value}`")))
    }
}

fn wrong(pointer: &str, reason: impl Into<String>) -> Wrong {
    Wrong {
        pointer: pointer.to_owned(),
        reason: reason.into(),
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.pointer, self.reason)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_names_field_and_value() {
        let object = json!({"a": 1, "b/c": true, "t": "yesterday", "n": -1, "in": {"x": null}});
        let mut fields = Fields::of("", object).unwrap();
        for (got, text) in [
            (
                fields.text("a").unwrap_err(),
                "`/a`: expected a string, but got `1`",
            ),
            (
                fields.time("t").unwrap_err(),
                "`/t`: expected an RFC 3339 time, but got `\"yesterday\"`",
            ),
            (
                fields.number("n").unwrap_err(),
                "`/n`: expected a number from 0 to 1e9, but got `-1`",
            ),
            (
                fields.object("in").unwrap().unwrap().text("x").unwrap_err(),
                "`/in/x`: expected a string, but got `null`",
            ),
            (fields.done().unwrap_err(), "`/b~1c`: unknown field"),
        ] {
            assert_eq!(got.to_string(), text);
        }
        assert_eq!(
            Fields::of("/spec", json!([])).unwrap_err().to_string(),
            "`/spec`: expected an object, but got `[]`"
        );
    }

    #[test]
    fn what_is_absent_is_none() {
        let mut fields = Fields::of("", json!({})).unwrap();
        assert_eq!(fields.text("a"), Ok(None));
        assert_eq!(fields.choice("a", &["b"]), Ok(None));
        assert_eq!(fields.done(), Ok(()));
    }
}
