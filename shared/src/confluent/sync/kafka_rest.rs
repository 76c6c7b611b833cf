//! Kafka's REST endpoint lists topics to whoever signs in.

use url::Url;

use super::Probe;
use crate::confluent::{
    address::{AddressError, join, secure},
    ids::ResourceId,
};

pub(super) fn probe(rest: &Url, cluster: &ResourceId) -> Result<Probe, AddressError> {
    secure(rest)?;
    let path = ["kafka", "v3", "clusters", cluster.as_str(), "topics"];
    Ok(Probe {
        url: join(rest, &path),
        first_byte: b'{',
    })
}
