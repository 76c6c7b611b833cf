//! Kafka's REST endpoint lists topics to whoever signs in.

use url::Url;

use super::{super::address, Probe};
use crate::confluent::ids::ResourceId;

pub(super) fn probe(rest: &Url, cluster: &ResourceId) -> Probe {
    let path = ["kafka", "v3", "clusters", cluster.as_str(), "topics"];
    Probe {
        url: address::join(rest, &path),
        first_byte: b'{',
    }
}
