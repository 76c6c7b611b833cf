//! The env file: what functions, AWS CLI and a shell are given.

use std::{fs, io, path::Path};

use crate::{control::CLOUD_API_KEY_SECRET, moto::REGION};

/// Names and values in the order of the env file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment(Vec<(String, String)>);

impl Environment {
    pub(super) fn new(aws: &str, confluent: &str, control: &str) -> Self {
        let fixed = [
            ("AWS_ENDPOINT_URL", aws),
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("CONFLUENT_CLOUD_URL", confluent),
            ("CONFLUENT_CLOUD_API_KEY_SECRET_ID", CLOUD_API_KEY_SECRET),
            ("TARGETS_PATH", "/keywheel/targets"),
            ("MODE", "apply"),
            // The real values (10 and 60) are made for real networks; here nothing is that slow.
            ("PROBE_ROUND_GAP_SECONDS", "1"),
            ("SETTLE_SECONDS", "6"),
            ("LOCAL_CLOUD_CONTROL_URL", control),
        ];
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self(fixed.map(owned).into())
    }

    /// With `settings` over it: a known name keeps its place, a new one comes last.
    pub(super) fn with(mut self, settings: Vec<(String, String)>) -> Self {
        for (name, value) in settings {
            match self.0.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => self.0.push((name, value)),
            }
        }
        self
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Names and values in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (String, String)> {
        self.0.iter()
    }

    /// Writes the file so that a reader sees all of it or nothing; returns what it wrote.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub fn write(&self, path: &Path) -> io::Result<String> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let text: String = self
            .iter()
            .map(|(name, value)| format!("{name}={}\n", quoted(value)))
            .collect();
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(".part");
        fs::write(&unfinished, &text)?;
        fs::rename(unfinished, path)?;
        Ok(text)
    }

    /// One value of a file that [`Environment::write`] wrote.
    #[must_use]
    pub fn read(text: &str, name: &str) -> Option<String> {
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        let (_, value) = lines.find(|(known, _)| *known == name)?;
        let inner = value
            .strip_prefix('\'')
            .and_then(|value| value.strip_suffix('\''));
        Some(inner.map_or_else(|| value.to_owned(), |inner| inner.replace(r"'\''", "'")))
    }
}

/// Quoted for a shell only where a shell needs it, because other readers take quotes as they are.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,=".contains(c);
    if value.chars().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(settings: &[(&str, &str)]) -> String {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/env");
        Environment::new(
            "http://127.0.0.1:1",
            "http://127.0.0.1:2",
            "http://127.0.0.1:3",
        )
        .with(settings.iter().map(owned).collect())
        .write(&path)
        .unwrap();
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn the_file_has_its_names_in_order() {
        let text = written(&[]);
        let names: Vec<&str> = text
            .lines()
            .map(|line| line.split_once('=').unwrap().0)
            .collect();
        assert_eq!(
            names,
            [
                "AWS_ENDPOINT_URL",
                "AWS_REGION",
                "AWS_DEFAULT_REGION",
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_EC2_METADATA_DISABLED",
                "CONFLUENT_CLOUD_URL",
                "CONFLUENT_CLOUD_API_KEY_SECRET_ID",
                "TARGETS_PATH",
                "MODE",
                "PROBE_ROUND_GAP_SECONDS",
                "SETTLE_SECONDS",
                "LOCAL_CLOUD_CONTROL_URL",
            ]
        );
    }

    #[test]
    fn settings_replace_in_place_or_come_last_and_are_read_back() {
        let text = written(&[("MODE", "plan"), ("NOTE", "it's a $HOME")]);
        assert!(text.contains("\nMODE=plan\n"));
        assert!(text.ends_with("NOTE='it'\\''s a $HOME'\n"));
        assert_eq!(Environment::read(&text, "NOTE").unwrap(), "it's a $HOME");
        assert_eq!(Environment::read(&text, "MODE").unwrap(), "plan");
        assert_eq!(Environment::read(&text, "OTHER"), None);
    }
}
