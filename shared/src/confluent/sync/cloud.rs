//! Confluent Cloud lists environments to whoever signs in; one is enough.

use url::Url;

use super::Probe;
use crate::confluent::client::Confluent;

pub(super) fn probe(confluent: &Confluent) -> Probe {
    Probe {
        url: url(confluent),
        first_byte: b'{',
    }
}

pub(super) fn url(confluent: &Confluent) -> Url {
    confluent.url(&["org", "v2", "environments"], &[("page_size", "1")])
}
