//! Confluent Cloud lists environments to whoever signs in; one is enough.

use super::Probe;
use crate::confluent::client::Confluent;

pub(super) fn probe(confluent: &Confluent) -> Probe {
    Probe {
        url: confluent.url(&["org", "v2", "environments"], &[("page_size", "1")]),
        first_byte: b'{',
    }
}
