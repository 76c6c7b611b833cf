//! The typed client of Confluent Cloud: what it is asked, and what its answers mean.
//!
//! Everything from outside is parsed at the door: ids, addresses and answers. Reads are repeated
//! while that can help; writes never are once they may have arrived, because Confluent has no
//! idempotency key and its last writer wins. Every call takes its turn in one [`Budget`]. Credentials go to the configured host and to the endpoints that Confluent names,
//! over TLS, and nowhere that a redirect or a page link points to.

mod address;
mod answer;
mod api_keys;
mod budget;
mod client;
mod clusters;
mod envelope;
mod environments;
mod error;
mod ids;
mod outage;
mod page;
mod patience;
mod printable;
mod quota;
mod refusal;
mod resource;
mod sync;
#[cfg(test)]
mod tests;
mod token;

pub use address::{AddressError, BaseUrl};
pub use answer::Done;
pub use api_keys::{ApiKey, CreateError, Deletion, NewApiKey};
pub use budget::Budget;
pub use client::{Access, Confluent, Credential, UserAgent};
pub use error::{ConfluentError, ErrorKind};
pub use ids::{ApiKeyId, EnvironmentId, IdError, IdentityPoolId, OwnerId, ResourceId};
pub use outage::Ended;
pub use quota::{Quota, Quotas};
pub use refusal::Refusal;
pub use resource::{Endpoints, Resource, ResourceKind};
pub use sync::SignIn;
pub use token::Token;
