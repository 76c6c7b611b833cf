//! Whole listings or none.

use std::collections::HashSet;

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use url::form_urlencoded;

use super::{answer::Answer, client::Confluent, error::ConfluentError};

/// The most that Confluent gives in one answer.
const PAGE_SIZE: &str = "100";

/// A hundred thousand entries: five times what the largest cluster may hold.
const MOST_PAGES: usize = 1000;

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Page<T> {
    #[serde(deserialize_with = "null_is_empty")]
    data: Vec<T>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    next: Option<String>,
}

/// Go writes an empty list as `null`. A missing list is another matter.
fn null_is_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Confluent {
    /// Every entry of a listing, all pages; an error when any page is missing or does not read.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        operation: &str,
        segments: &[&str],
        filters: &[(&str, &str)],
    ) -> Result<Vec<T>, ConfluentError> {
        let mut url = self.url(segments, filters);
        url.query_pairs_mut().append_pair("page_size", PAGE_SIZE);
        let mut entries = Vec::new();
        let mut tokens = HashSet::new();
        let mut next = url.clone();
        loop {
            let answer = self.read(operation, next).await?;
            let page: Page<T> = answer.json()?;
            entries.extend(page.data);
            let link = page.metadata.and_then(|metadata| metadata.next);
            let Some(link) = link.filter(|link| !link.is_empty()) else {
                return Ok(entries);
            };
            let token = page_token(&answer, &link)?;
            // Our own address again: the link's host must not get the credential.
            next = url.clone();
            next.query_pairs_mut().append_pair("page_token", &token);
            if !tokens.insert(token) || tokens.len() > MOST_PAGES {
                return Err(answer.unexpected("the listing does not end"));
            }
        }
    }
}

fn page_token(answer: &Answer, link: &str) -> Result<String, ConfluentError> {
    let (_, query) = link.split_once('?').unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, value)| name == "page_token" && !value.is_empty())
        .map(|(_, token)| token.into_owned())
        .ok_or_else(|| answer.unexpected("the link to the next page has no `page_token`"))
}
