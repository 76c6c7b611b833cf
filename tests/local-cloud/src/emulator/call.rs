//! One request, as the handlers see it.

use bytes::Bytes;
use http::{HeaderMap, header};
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::{
    Addresses,
    errors::Refusal,
    fields::Fields,
    query::Query,
    settings::{EndOfList, Quirks, Sync},
};

/// One request with what it needs to be answered, besides the world.
pub(super) struct Call<'a> {
    pub(super) addresses: &'a Addresses,
    pub(super) path: &'a str,
    /// What stands for `{…}` in the path template; empty when it has none.
    pub(super) id: String,
    pub(super) query: Query,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a Bytes,
    pub(super) now: OffsetDateTime,
    pub(super) sync: Sync,
    pub(super) quirks: Quirks,
    /// How this call's last page ends.
    pub(super) end_of_list: EndOfList,
}

impl Call<'_> {
    /// The JSON object of the body.
    pub(super) fn fields(&self) -> Result<Fields, Refusal> {
        let content_type = self
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let media_type = content_type
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default()
            .trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            let detail =
                format!("expected the content type `application/json`, but got `{media_type}`");
            return Err(Refusal::invalid_body(detail));
        }
        let body: Value = serde_json::from_slice(self.body)
            .map_err(|error| Refusal::invalid_body(format!("The body is not JSON: {error}")))?;
        Ok(Fields::of("", body)?)
    }

    /// Until when a key that is deleted by this call goes on working.
    pub(super) fn works_until(&self) -> OffsetDateTime {
        self.now + Duration::seconds_f64(self.sync.deleted_lives)
    }
}
