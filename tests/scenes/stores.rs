//! Secrets and parameters as the stores hold them at one moment.

use serde_json::Value;

use super::login;

/// A view from inside, past the API.
#[derive(Debug, Clone)]
pub struct Stores(Value);

impl Stores {
    pub(super) fn new(stores: Value) -> Self {
        Self(stores)
    }

    /// All secrets: `name`, `arn`, `tags`, `versions` with `id`, `labels`, `created_at` and, where there is one, `text`.
    #[must_use]
    pub fn secrets(&self) -> &[Value] {
        self.0["secrets"].as_array().map_or(&[], Vec::as_slice)
    }

    /// All parameters: `name`, `type`, `value`, `description`, `version`.
    #[must_use]
    pub fn parameters(&self) -> &[Value] {
        self.0["parameters"].as_array().map_or(&[], Vec::as_slice)
    }

    /// One secret.
    ///
    /// # Panics
    /// There is none of this name.
    #[must_use]
    pub fn secret(&self, name: &str) -> &Value {
        let found = self.secrets().iter().find(|secret| secret["name"] == name);
        found.unwrap_or_else(|| panic!("no secret `{name}`"))
    }

    /// The versions of a secret.
    #[must_use]
    pub fn versions(&self, secret: &str) -> &[Value] {
        let versions = self.secret(secret)["versions"].as_array();
        versions.map_or(&[], Vec::as_slice)
    }

    /// The version of a secret that carries a label.
    #[must_use]
    pub fn version(&self, secret: &str, label: &str) -> Option<&Value> {
        let carries = |version: &&Value| {
            let mut labels = version["labels"].as_array().into_iter().flatten();
            labels.any(|carried| carried == label)
        };
        self.versions(secret).iter().find(carries)
    }

    /// The text in AWSCURRENT.
    #[must_use]
    pub fn text(&self, secret: &str) -> Option<&str> {
        self.version(secret, "AWSCURRENT")?["text"].as_str()
    }

    /// The id of the key in AWSCURRENT.
    #[must_use]
    pub fn current_key(&self, secret: &str) -> Option<String> {
        login::read(self.text(secret)?).map(|(key, _)| key)
    }

    /// The id of the key in AWSPENDING.
    #[must_use]
    pub fn pending_key(&self, secret: &str) -> Option<String> {
        let version = self.version(secret, "AWSPENDING")?;
        login::read(version["text"].as_str()?).map(|(key, _)| key)
    }

    /// Ids and labels of a secret's versions without their texts: what a failed test may show.
    #[must_use]
    pub fn labels(&self, secret: &str) -> String {
        let shown = self.versions(secret).iter();
        let shown = shown.map(|version| format!("{} {}", version["id"], version["labels"]));
        shown.collect::<Vec<_>>().join(", ")
    }
}
