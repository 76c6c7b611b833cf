//! What `discover` answers: ids, names and dates; never a value of a secret.

use serde::Serialize;
use serde_json::Value;

/// The findings. Each key of the organization is in one of the first six lists; a secret that was looked
/// at is in one of the last three when it holds no living key that could be read.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Discovered {
    /// How many there are of each, also of what did not fit into the answer.
    pub counts: DiscoveredCounts,
    /// Keys that one set of secrets holds, as targets.
    pub proposals: Vec<Proposal>,
    /// Keys of a service account that related secrets hold and that yet are no target, with the reason.
    pub not_proposed: Vec<KeyFinding>,
    /// Keys that secrets hold which have nothing to do with each other.
    pub shared: Vec<KeyFinding>,
    /// Keys that belong to a person.
    pub of_users: Vec<KeyFinding>,
    /// Keys that no secret below the prefixes holds.
    pub unheld: Vec<KeyFinding>,
    /// Keys of targets that exist.
    pub managed: Vec<KeyFinding>,
    /// Secrets whose key is gone, or may not be seen.
    pub gone: Vec<SecretFinding>,
    /// Secrets that hold no key of a known format.
    pub without_key: Vec<SecretFinding>,
    /// Secrets that could not be read.
    pub unreadable: Vec<SecretFinding>,
}

/// How many findings there are, by list, and of how many keys and secrets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "a list each")]
pub struct DiscoveredCounts {
    pub api_keys: usize,
    pub secrets: usize,
    pub proposals: usize,
    pub not_proposed: usize,
    pub shared: usize,
    pub of_users: usize,
    pub unheld: usize,
    pub managed: usize,
    pub gone: usize,
    pub without_key: usize,
    pub unreadable: usize,
}

/// A target that could be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proposal {
    /// Its name.
    pub name: String,
    /// The parameter to write.
    pub parameter: String,
    /// What to write there.
    pub target: Value,
    /// The key that its secrets hold.
    pub api_key: String,
    /// When Confluent made the key, RFC 3339.
    pub created: String,
    /// What to look at before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A key, and why it is listed where it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KeyFinding {
    /// Its id.
    pub api_key: String,
    /// Its owner, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What it opens; `cloud` for a Cloud API key.
    pub resource: String,
    /// When Confluent made it, RFC 3339.
    pub created: String,
    /// The target whose secret holds it, or whose marker it carries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// Secrets that hold it in `AWSCURRENT`; for a key of a target only those that are not the target's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// Where else it stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub staged: Vec<Staged>,
    /// For one that no target stands for: `<account>.<region>.<deployment> <target>` of its marker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// Why it is not proposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A version that holds a key and is not current.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Staged {
    /// The secret.
    pub secret: String,
    /// The label of the version.
    pub label: String,
}

/// A secret, and why it is listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SecretFinding {
    /// Its name.
    pub secret: String,
    /// The key that is gone; or keys whose ids stand somewhere in the text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub api_keys: Vec<String>,
    /// The target that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What it holds instead, or why it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Discovered {
    /// Orders every list and counts it.
    pub(super) fn finish(&mut self, api_keys: usize, secrets: usize) {
        self.proposals.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        self.gone.sort_unstable_by(|a, b| a.secret.cmp(&b.secret));
        self.without_key
            .sort_unstable_by(|a, b| a.secret.cmp(&b.secret));
        self.unreadable
            .sort_unstable_by(|a, b| a.secret.cmp(&b.secret));
        self.counts = DiscoveredCounts {
            api_keys,
            secrets,
            proposals: self.proposals.len(),
            not_proposed: self.not_proposed.len(),
            shared: self.shared.len(),
            of_users: self.of_users.len(),
            unheld: self.unheld.len(),
            managed: self.managed.len(),
            gone: self.gone.len(),
            without_key: self.without_key.len(),
            unreadable: self.unreadable.len(),
        };
    }

    /// Cuts the longest lists until the JSON has at most `largest` bytes; whether anything was cut.
    pub(super) fn fit_into(&mut self, largest: usize) -> bool {
        let mut cut = false;
        while serde_json::to_vec(self).map_or(0, |json| json.len()) > largest {
            cut = true;
            let lists = [
                self.not_proposed.len(),
                self.shared.len(),
                self.of_users.len(),
                self.unheld.len(),
                self.managed.len(),
                self.gone.len(),
                self.without_key.len(),
                self.unreadable.len(),
                self.proposals.len(),
            ];
            let half = lists.into_iter().max().unwrap_or(0) / 2;
            for keys in [
                &mut self.not_proposed,
                &mut self.shared,
                &mut self.of_users,
                &mut self.unheld,
                &mut self.managed,
            ] {
                keys.truncate(half);
            }
            for secrets in [&mut self.gone, &mut self.without_key, &mut self.unreadable] {
                secrets.truncate(half);
            }
            self.proposals.truncate(half);
        }
        cut
    }
}
