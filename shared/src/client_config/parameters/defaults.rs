//! The ten consumer and four producer properties of the contract.

/// One property; `auto.offset.reset` is made by itself, because the target says its value.
#[derive(Clone, Copy)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) value: &'static str,
    pub(super) description: &'static str,
}

const fn property(name: &'static str, value: &'static str, description: &'static str) -> Property {
    Property {
        name,
        value,
        description,
    }
}

pub(super) fn auto_offset_reset(value: &'static str) -> Property {
    property(
        "auto.offset.reset",
        value,
        "Where a consumer begins that has no committed offset: earliest or latest.",
    )
}

const DNS_LOOKUP: Property = property(
    "client.dns.lookup",
    "use_all_dns_ips",
    "Try every address that a broker's name resolves to.",
);
const MECHANISM: Property = property(
    "sasl.mechanism",
    "PLAIN",
    "How clients sign in: with API key and secret.",
);
const PROTOCOL: Property = property(
    "security.protocol",
    "SASL_SSL",
    "How clients connect: over TLS, signing in by SASL.",
);

pub(super) const CONSUMER: [Property; 9] = [
    property(
        "auto.commit.interval.ms",
        "1000",
        "Milliseconds between two automatic commits of offsets.",
    ),
    property(
        "basic.auth.credentials.source",
        "USER_INFO",
        "Where the Schema Registry client finds its login: in basic.auth.user.info.",
    ),
    DNS_LOOKUP,
    property(
        "enable.auto.commit",
        "true",
        "Whether offsets are committed automatically.",
    ),
    property(
        "max.poll.interval.ms",
        "300000",
        "Milliseconds between two polls after which a consumer loses its partitions.",
    ),
    property(
        "request.timeout.ms",
        "60000",
        "Milliseconds that a client waits for the answer to a request.",
    ),
    MECHANISM,
    PROTOCOL,
    property(
        "session.timeout.ms",
        "90000",
        "Milliseconds without a heartbeat after which a consumer loses its partitions.",
    ),
];

pub(super) const PRODUCER: [Property; 4] = [
    property(
        "acks",
        "all",
        "Which replicas must have a record before it counts as written.",
    ),
    DNS_LOOKUP,
    MECHANISM,
    PROTOCOL,
];
