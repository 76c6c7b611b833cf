//! The settings of `stream-processor`.

use super::lookup::{self, Lookup, SettingsError};

/// What `stream-processor` is told. A variable that is empty counts as not set.
///
/// `PIPELINE` (default `none`: decode and count), `KEY_FRAMING` and `VALUE_FRAMING` (default
/// `none`) take no other value yet. All other names of later versions have no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamSettings {
    /// `KEY_FORMAT`: `bytes`, `string` or `json`. Default `bytes`.
    pub key_format: RecordFormat,
    /// `VALUE_FORMAT`: `bytes`, `string` or `json`. Default `json`.
    pub value_format: RecordFormat,
}

/// What the bytes of a record's key or value are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordFormat {
    /// Anything.
    Bytes,
    /// Text in UTF-8.
    String,
    /// JSON in UTF-8.
    Json,
}

impl StreamSettings {
    /// Reads the environment of this process.
    ///
    /// # Errors
    /// Settings are wrong: all of them.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::from_variables(&lookup::environment)
    }

    /// Reads variables from elsewhere.
    ///
    /// # Errors
    /// As [`StreamSettings::from_env`].
    pub fn from_variables(
        variables: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let mut settings = Lookup::new(variables);
        settings.or("PIPELINE", "none", |pipeline| match pipeline {
            "none" => Ok(()),
            "echo" | "flight_consolidator" | "flyer_stats" | "key_usage" => {
                Err("this pipeline is not built yet, expected `none`")
            }
            _ => Err("expected `none`"),
        });
        let key_format = settings.or("KEY_FORMAT", "bytes", format);
        let value_format = settings.or("VALUE_FORMAT", "json", format);
        settings.or("KEY_FRAMING", "none", framing);
        settings.or("VALUE_FRAMING", "none", framing);
        settings.finish(|| {
            Some(Self {
                key_format: key_format?,
                value_format: value_format?,
            })
        })
    }
}

fn format(name: &str) -> Result<RecordFormat, &'static str> {
    match name {
        "bytes" => Ok(RecordFormat::Bytes),
        "string" => Ok(RecordFormat::String),
        "json" => Ok(RecordFormat::Json),
        "avro" | "protobuf" => {
            Err("this format is not built yet, expected `bytes`, `string` or `json`")
        }
        _ => Err("expected `bytes`, `string` or `json`"),
    }
}

fn framing(name: &str) -> Result<(), &'static str> {
    match name {
        "none" => Ok(()),
        "confluent" | "glue" | "esm_source" | "esm_json" => {
            Err("this framing is not built yet, expected `none`")
        }
        _ => Err("expected `none`"),
    }
}
