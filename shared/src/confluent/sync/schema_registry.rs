//! A Schema Registry lists subjects to whoever signs in; one is enough.

use super::Probe;
use crate::confluent::address::{AddressError, join, parse_secure};

pub(super) fn probe(url: &str) -> Result<Probe, AddressError> {
    let mut url = join(&parse_secure(url)?, &["subjects"]);
    url.query_pairs_mut().append_pair("limit", "1");
    Ok(Probe {
        url,
        first_byte: b'[',
    })
}
