//! The secrets whose names begin alike.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, SecretListEntry};

use super::{Secrets, SecretsError, failed};
use crate::{aws::ServiceError, ordered::ordered};

/// The most that Secrets Manager gives in one answer.
const PAGE_SIZE: i32 = 100;

/// What `ListSecrets` tells of a secret that is not marked for deletion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The full ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// The Region it is replicated from, if it is replicated at all.
    pub primary_region: Option<String>,
    /// The service that manages the secret, if one does.
    pub owning_service: Option<String>,
    /// Secrets Manager rotates it.
    pub rotates: bool,
    /// Tags by key.
    pub tags: BTreeMap<String, String>,
    /// The labels that are on any of its versions.
    pub labels: BTreeSet<String>,
}

impl Secrets {
    /// Every secret whose name begins with `prefix`, all pages. One that was made minutes ago may be
    /// missing: the listing is eventually consistent.
    ///
    /// # Errors
    /// [`SecretsError`]; half a listing is none.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Listed>, SecretsError> {
        let by_name = Filter::builder()
            .key(FilterNameStringType::Name)
            .values(prefix)
            .build();
        let mut all = Vec::new();
        let mut page = None;
        loop {
            let answer = self
                .client
                .list_secrets()
                .filters(by_name.clone())
                .max_results(PAGE_SIZE)
                .set_next_token(page)
                .send()
                .await
                .map_err(failed("ListSecrets", prefix))?;
            for entry in answer.secret_list() {
                let listed = listed(entry).ok_or_else(|| SecretsError {
                    action: "ListSecrets",
                    secret: prefix.to_owned(),
                    source: Box::new(ServiceError::no_answer(
                        "the answer has a secret without name or ARN",
                    )),
                })?;
                // A prefix that begins with `!` would be a negation.
                if listed.name.starts_with(prefix) {
                    all.push(listed);
                }
            }
            match answer.next_token() {
                Some(token) if !token.is_empty() => page = Some(token.to_owned()),
                _ => return Ok(all),
            }
        }
    }
}

fn listed(entry: &SecretListEntry) -> Option<Listed> {
    let tags = entry.tags().iter();
    let labels = entry.secret_versions_to_stages().into_iter().flatten();
    Some(Listed {
        arn: entry.arn()?.to_owned(),
        name: entry.name()?.to_owned(),
        primary_region: entry.primary_region().map(str::to_owned),
        owning_service: entry.owning_service().map(str::to_owned),
        rotates: entry.rotation_enabled() == Some(true),
        tags: ordered(
            tags.filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()))),
        ),
        labels: ordered(labels.flat_map(|(_, labels)| labels.iter().cloned())),
    })
}
