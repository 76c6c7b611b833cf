//! Reading variables one by one, and keeping what is wrong with each until the end.

use std::{env, fmt, ops::RangeInclusive, time::Duration};

use thiserror::Error;

/// How much of a wrong value an error repeats, in characters.
const SHOWN: usize = 100;

/// All wrong settings of a function.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct SettingsError {
    /// At least one, in the order in which they are read.
    pub wrong: Vec<WrongSetting>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, wrong) in self.wrong.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(f, "{separator}{wrong}")?;
        }
        Ok(())
    }
}

/// One wrong setting.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WrongSetting {
    /// It has no default.
    #[error("setting `{name}` is required: {meaning}")]
    Missing {
        /// Of the variable.
        name: &'static str,
        /// What it says.
        meaning: &'static str,
    },
    /// The value cannot be.
    #[error("setting `{name}` is `{value}`: {reason}")]
    Value {
        /// Of the variable.
        name: &'static str,
        /// Cut when long, without control characters.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The value cannot be, and may be or hold a secret.
    #[error("setting `{name}` has a value that is not shown here: {reason}")]
    Private {
        /// Of the variable.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

pub(super) fn environment(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

pub(super) struct Lookup<'a> {
    variables: &'a dyn Fn(&str) -> Option<String>,
    wrong: Vec<WrongSetting>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(variables: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            variables,
            wrong: Vec::new(),
        }
    }

    /// Templates pass what nobody set as an empty text.
    fn value(&self, name: &str) -> Option<String> {
        (self.variables)(name).filter(|value| !value.is_empty())
    }

    /// A setting with a default; `None` when its value is wrong.
    pub(super) fn or<T, R: Into<String>>(
        &mut self,
        name: &'static str,
        default: &str,
        parse: impl FnOnce(&str) -> Result<T, R>,
    ) -> Option<T> {
        let value = self.value(name).unwrap_or_else(|| default.to_owned());
        self.parsed(name, &value, parse)
    }

    /// A setting that may be absent; `None` when it is, or when its value is wrong.
    pub(super) fn optional<T, R: Into<String>>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, R>,
    ) -> Option<T> {
        let value = self.value(name)?;
        self.parsed(name, &value, parse)
    }

    /// A setting without a default.
    pub(super) fn required<T, R: Into<String>>(
        &mut self,
        name: &'static str,
        meaning: &'static str,
        parse: impl FnOnce(&str) -> Result<T, R>,
    ) -> Option<T> {
        let Some(value) = self.value(name) else {
            self.wrong.push(WrongSetting::Missing { name, meaning });
            return None;
        };
        self.parsed(name, &value, parse)
    }

    /// A setting without a default, whose value no error repeats.
    pub(super) fn required_and_private<T>(
        &mut self,
        name: &'static str,
        meaning: &'static str,
        parse: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        let Some(value) = self.value(name) else {
            self.wrong.push(WrongSetting::Missing { name, meaning });
            return None;
        };
        match parse(&value) {
            Ok(parsed) => Some(parsed),
            Err(reason) => {
                let reason = reason.to_owned();
                self.wrong.push(WrongSetting::Private { name, reason });
                None
            }
        }
    }

    /// A span in whole seconds.
    pub(super) fn seconds(
        &mut self,
        name: &'static str,
        default: &str,
        range: RangeInclusive<u64>,
    ) -> Option<Duration> {
        self.span(name, default, range, ("seconds", 1))
    }

    /// A span in whole hours.
    pub(super) fn hours(
        &mut self,
        name: &'static str,
        default: &str,
        range: RangeInclusive<u64>,
    ) -> Option<Duration> {
        self.span(name, default, range, ("hours", 3600))
    }

    fn span(
        &mut self,
        name: &'static str,
        default: &str,
        range: RangeInclusive<u64>,
        (unit, seconds): (&str, u64),
    ) -> Option<Duration> {
        self.or(name, default, |text| {
            let number = digits(text).filter(|number| range.contains(number));
            let span = number.map(|number| Duration::from_secs(number * seconds));
            span.ok_or_else(|| {
                let (least, most) = range.into_inner();
                format!("expected whole {unit} from {least} to {most}")
            })
        })
    }

    /// A number of things.
    pub(super) fn count(&mut self, name: &'static str, default: &str) -> Option<u32> {
        self.or(name, default, |text| {
            digits(text)
                .and_then(|count| u32::try_from(count).ok())
                .ok_or("expected a whole number from 0")
        })
    }

    /// A setting of a later version that must not be ignored.
    pub(super) fn not_built_yet(&mut self, name: &'static str) {
        self.optional(name, |_| Err::<(), _>("not built yet, leave it out"));
    }

    /// The settings, which `whole` has when each of them was right.
    pub(super) fn finish<T>(self, whole: impl FnOnce() -> Option<T>) -> Result<T, SettingsError> {
        let wrong = self.wrong;
        let whole = if wrong.is_empty() { whole() } else { None };
        whole.ok_or(SettingsError { wrong })
    }

    fn parsed<T, R: Into<String>>(
        &mut self,
        name: &'static str,
        value: &str,
        parse: impl FnOnce(&str) -> Result<T, R>,
    ) -> Option<T> {
        match parse(value) {
            Ok(parsed) => Some(parsed),
            Err(reason) => {
                let reason = reason.into();
                self.wrong.push(if may_hold_a_secret(value) {
                    WrongSetting::Private { name, reason }
                } else {
                    let value = value.escape_debug().take(SHOWN).collect();
                    WrongSetting::Value {
                        name,
                        value,
                        reason,
                    }
                });
                None
            }
        }
    }
}

/// Without sign and white space, which `u64`'s parser partly takes.
fn digits(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// A URL may have a password in it.
fn may_hold_a_secret(value: &str) -> bool {
    holds_an_api_secret(value) || (value.contains("://") && value.contains('@'))
}

/// Confluent's API secrets are 64 characters of base64, or begin with `cflt` (since July 2025).
/// They are found inside of other text too: `KEY:SECRET`, JSON.
pub(super) fn holds_an_api_secret(text: &str) -> bool {
    let base64 = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    text.split(|c| !base64(c))
        .any(|run| run.len() == 64 || (run.len() > 60 && run.starts_with("cflt")))
}
