//! A Schema Registry lists subjects to whoever signs in; one is enough.

use super::{super::address, Probe};
use crate::confluent::address::AddressError;

pub(super) fn probe(url: &str) -> Result<Probe, AddressError> {
    let mut url = address::join(&address::parse_secure(url)?, &["subjects"]);
    url.query_pairs_mut().append_pair("limit", "1");
    Ok(Probe {
        url,
        first_byte: b'[',
    })
}
