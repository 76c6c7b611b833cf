//! What can be set about the emulator's behaviour, by the control URL's calls of the same names.

use serde_json::{Value, json};
use time::Duration;

use super::fields::{Fields, Wrong};

/// How new and deleted keys spread. Holds for keys made or deleted from then on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sync {
    /// How long every gateway refuses a new key.
    pub(super) seconds: f64,
    /// When it is more than `seconds`: each key takes a time of its own between the two.
    pub(super) at_most: f64,
    /// How often each gateway refuses it afterwards, in turn with accepting it.
    pub(super) flapping: u32,
    /// How long a deleted key goes on working, in seconds.
    pub(super) deleted_lives: f64,
}

/// What Confluent Cloud has been seen to do in more than one way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quirks {
    /// Whether a key that is read carries `"secret": ""`, or no secret at all.
    pub(super) empty_secret: bool,
    /// Whether a deleted key is answered with 403 `forbidden_access`, or with 404.
    pub(super) gone_is_forbidden: bool,
    /// None: one after the other.
    pub(super) end_of_list: Option<EndOfList>,
    /// Whether objects carry a field that no document knows, as Confluent's compatibility rules allow.
    pub(super) unknown_fields: bool,
}

/// The ways in which `metadata.next` says that there is no more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum EndOfList {
    Absent,
    Null,
    Empty,
}

impl Sync {
    /// Reads `{"seconds", "at_most", "flapping", "deleted_lives"}`; what is absent is 0.
    pub(super) fn read(mut fields: Fields) -> Result<Self, Wrong> {
        if fields.has("broker") {
            return Err(fields.wrong("broker", "brokers are not built yet"));
        }
        let sync = Self {
            seconds: fields.number("seconds")?.unwrap_or_default(),
            at_most: fields.number("at_most")?.unwrap_or_default(),
            flapping: fields.count("flapping")?.unwrap_or_default(),
            deleted_lives: fields.number("deleted_lives")?.unwrap_or_default(),
        };
        fields.done()?;
        Ok(sync)
    }

    pub(super) fn json(&self) -> Value {
        let mut json = json!({"seconds": self.seconds, "flapping": self.flapping, "deleted_lives": self.deleted_lives});
        if self.at_most > self.seconds {
            json["at_most"] = self.at_most.into();
        }
        json
    }

    /// How long the next key is refused.
    pub(super) fn of_one_key(&self) -> Duration {
        let spread = (self.at_most - self.seconds).max(0.0);
        Duration::seconds_f64(self.seconds + spread * fastrand::f64())
    }
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            empty_secret: true,
            gone_is_forbidden: true,
            end_of_list: None,
            unknown_fields: false,
        }
    }
}

impl Quirks {
    /// Reads `{"read_secret": "empty" or "absent", "gone": 403 or 404, "end_of_list": "absent", "null", "empty" or
    /// "vary", "unknown_fields": false}`; what is absent is as in the default, which stands first (`vary`).
    pub(super) fn read(mut fields: Fields) -> Result<Self, Wrong> {
        let gone_is_forbidden = match fields.count("gone")? {
            None | Some(403) => true,
            Some(404) => false,
            Some(other) => {
                return Err(fields.wrong("gone", format!("expected 403 or 404, but got `{other}`")));
            }
        };
        let quirks = Self {
            empty_secret: fields.choice("read_secret", &["empty", "absent"])? != Some("absent"),
            gone_is_forbidden,
            end_of_list: match fields.choice("end_of_list", &["absent", "null", "empty", "vary"])? {
                Some("absent") => Some(EndOfList::Absent),
                Some("null") => Some(EndOfList::Null),
                Some("empty") => Some(EndOfList::Empty),
                _ => None,
            },
            unknown_fields: fields.flag("unknown_fields")?.unwrap_or_default(),
        };
        fields.done()?;
        Ok(quirks)
    }
}

impl EndOfList {
    /// The way of the `nth` listing.
    pub(super) fn in_turn(nth: usize) -> Self {
        [Self::Absent, Self::Null, Self::Empty][nth % 3]
    }

    pub(super) fn write(self, metadata: &mut Value) {
        match self {
            Self::Absent => {}
            Self::Null => metadata["next"] = Value::Null,
            Self::Empty => metadata["next"] = "".into(),
        }
    }
}
