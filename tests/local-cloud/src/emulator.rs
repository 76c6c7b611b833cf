//! The Confluent Cloud emulator: control plane, Kafka REST and Schema Registry as functions from request to answer.
//!
//! It holds one organization and answers as strictly as Confluent's OpenAPI documents allow: unknown paths,
//! parameters and body fields are refused. What its objects are stands in `state`, one file a service answers for
//! them, and what a test may arrange (`world`, `sync`, `rate`, `age`) is the [`Emulator`]'s own methods. No I/O: a
//! server hands requests to [`Emulator::handle`].

mod age;
mod answer;
mod auth;
mod call;
mod clusters;
mod control_plane;
mod environments;
mod errors;
mod fields;
mod history;
mod kafka_rest;
mod keys;
mod paging;
mod query;
mod quotas;
mod rate;
mod references;
mod routes;
#[cfg(test)]
mod scene;
mod schema_registry;
mod secret;
mod seed;
mod service;
mod service_accounts;
mod settings;
mod state;
pub mod sts;
mod world;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::Value;
use uuid::Uuid;

use fields::{Fields, Wrong};
use rate::Rate;
use seed::CloudApiKey;
use service::Service;
use settings::{Quirks, Sync};
use state::World;

/// One Confluent Cloud organization. Clones are handles to the same one.
#[derive(Clone)]
pub struct Emulator(Arc<Inner>);

/// The servers that Confluent Cloud's clients see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gateway {
    /// `api.confluent.cloud`; Cloud API keys only.
    ControlPlane,
    /// Kafka REST v3 of every Kafka cluster.
    KafkaRest,
    /// Every Schema Registry cluster: the first at the address, others under `/lsrc-…`.
    SchemaRegistry,
}

/// Where the servers listen, as the emulator's answers say it: base URLs without a final `/`, the bootstrap server
/// as host:port.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Addresses {
    pub control_plane: String,
    pub kafka_rest: String,
    pub schema_registry: String,
    pub kafka_bootstrap: String,
}

/// The organization at one moment, for [`Emulator::restore`].
#[derive(Clone)]
pub struct Saved(service::Saved);

impl std::fmt::Debug for Saved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Saved")
    }
}

struct Inner {
    addresses: Addresses,
    cloud_api_key: CloudApiKey,
    service: Mutex<Service>,
}

impl std::fmt::Debug for Emulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Emulator")
    }
}

impl Emulator {
    /// One environment with a Kafka and a Schema Registry cluster, two service accounts, and the Cloud API key.
    #[must_use]
    pub fn seeded(addresses: Addresses) -> Self {
        let cloud_api_key = CloudApiKey::new();
        let service = Mutex::new(Service::beginning_with(seed::world(
            &addresses,
            &cloud_api_key,
        )));
        Self(Arc::new(Inner {
            addresses,
            cloud_api_key,
            service,
        }))
    }

    /// Answers one request. With `as_of`, what is read comes from the world that long ago (at most two minutes); the
    /// caller is known, and writes are done, as of now.
    #[must_use]
    pub fn handle(
        &self,
        gateway: Gateway,
        request: &Request<Bytes>,
        as_of: Option<Duration>,
    ) -> Response<Bytes> {
        // The form of Confluent's ids of requests and errors: 32 hexadecimal digits.
        let id = Uuid::new_v4().simple().to_string();
        let answer = self
            .service()
            .answer(&self.0.addresses, gateway, request, as_of, &id);
        answer.with("x-request-id", &id).into_response()
    }

    /// Method and path template, as in `DELETE /iam/v2/api-keys/{id}`, without the path prefix of a Schema Registry
    /// cluster; method and path where nothing is served.
    #[must_use]
    pub fn operation(gateway: Gateway, method: &Method, path: &str) -> String {
        routes::operation(gateway, method, path)
    }

    /// All that there is, secrets included, in the shape of the control URL's `GET /world`.
    #[must_use]
    pub fn world(&self) -> Value {
        world::show(&self.service().history.present())
    }

    /// Adds what `given` holds, in the shape of [`Emulator::world`], or changes what has the same id; answers what
    /// it added in that shape. Beyond the shape: on environments `display_name`; on service accounts `acls`,
    /// `max_api_keys`, `display_name`, `description`; on clusters `max_api_keys`, `display_name`, `phase`,
    /// `access_points` (a list of ids); on API keys `visible`; on all `created_at`.
    ///
    /// # Errors
    /// What is wrong, with field and value; then nothing was added.
    pub fn add(&self, given: Value) -> Result<Value, String> {
        self.change(|world, context| world::add(world, context, given))
    }

    /// Deletes what `given` names by id, in the shape of [`Emulator::world`], with what hangs on it.
    ///
    /// # Errors
    /// What is wrong, with field and value; then nothing was deleted.
    pub fn delete(&self, given: Value) -> Result<Value, String> {
        self.change(|world, context| world::remove(world, context, given))
    }

    /// Makes everything `days` older: times of objects, and every RFC 3339 UTC time in descriptions.
    pub fn age(&self, days: f64) {
        const SECONDS_PER_DAY: f64 = 86_400.0;
        let by = time::Duration::saturating_seconds_f64(days * SECONDS_PER_DAY);
        self.service().history.rewrite(|world| world.age(by));
    }

    /// Sets how keys spread that are made or deleted from now on: `{"seconds", "flapping", "deleted_lives"}`, absent
    /// is 0. Answers the whole setting.
    ///
    /// # Errors
    /// What is wrong, with field and value.
    pub fn set_sync(&self, given: Value) -> Result<Value, String> {
        let sync = Fields::of("", given)
            .and_then(Sync::read)
            .map_err(|wrong| wrong.to_string())?;
        self.service().sync = sync;
        Ok(sync.json())
    }

    /// Sets the control plane's rate limit: `{"per_second", "burst", "headers"}`; without `per_second` none. Answers
    /// the whole setting.
    ///
    /// # Errors
    /// What is wrong, with field and value.
    pub fn set_rate(&self, given: Value) -> Result<Value, String> {
        let rate = Fields::of("", given)
            .and_then(Rate::read)
            .map_err(|wrong| wrong.to_string())?;
        let shown = rate.json();
        self.service().rate = rate;
        Ok(shown)
    }

    /// Chooses among what Confluent Cloud does in more than one way: `{"read_secret": "empty" or "absent", "gone":
    /// 403 or 404, "end_of_list": "vary", "absent", "null" or "empty", "unknown_fields": false or true}`, absent is
    /// the first. Deleted keys are `gone`; `end_of_list` is `metadata.next` of a last page.
    ///
    /// # Errors
    /// What is wrong, with field and value.
    pub fn set_quirks(&self, given: Value) -> Result<(), String> {
        let quirks = Fields::of("", given)
            .and_then(Quirks::read)
            .map_err(|wrong| wrong.to_string())?;
        self.service().quirks = quirks;
        Ok(())
    }

    /// Knows a token of the identity provider that the identity pool trusts, which is AWS, until its time.
    pub fn know_identity(&self, token: &str, audience: Vec<String>, until: time::OffsetDateTime) {
        let mut service = self.service();
        service.handed_out.insert(token.to_owned());
        service.tokens.know(token.to_owned(), audience, until);
    }

    /// The seed again, with the same Cloud API key and every setting at its default.
    pub fn reset(&self) {
        let mut service = self.service();
        let handed_out = std::mem::take(&mut service.handed_out);
        *service = Service::beginning_with(seed::world(&self.0.addresses, &self.0.cloud_api_key));
        service.handed_out.extend(handed_out);
    }

    /// What there is now, settings included, to come back to.
    #[must_use]
    pub fn save(&self) -> Saved {
        Saved(self.service().save())
    }

    /// As it was then, and as if it had always been so.
    pub fn restore(&self, saved: &Saved) {
        self.service().restore(&saved.0);
    }

    /// Every API secret that was ever made or given, also of deleted keys and before a reset.
    #[must_use]
    pub fn handed_out(&self) -> Vec<String> {
        self.service().handed_out.iter().cloned().collect()
    }

    /// Id and secret of the Cloud API key of the seed.
    #[must_use]
    pub fn cloud_api_key(&self) -> (String, String) {
        let CloudApiKey { id, secret } = &self.0.cloud_api_key;
        (id.clone(), secret.clone())
    }

    /// Whether an up-to-date gateway of `resource` (a cluster's id, or `cloud`) lets the key in: the truth, which
    /// flapping does not touch and which no rate limit hides.
    #[must_use]
    pub fn may_sign_in(&self, resource: &str, key: &str, secret: &str) -> bool {
        let present = self.service().history.present();
        let key = present
            .api_keys
            .iter()
            .find(|candidate| candidate.meta.id == key);
        key.is_some_and(|key| key.opens(resource, secret, state::now()))
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut World, &world::Context<'_>) -> Result<T, Wrong>,
    ) -> Result<T, String> {
        let mut service = self.service();
        let context = world::Context {
            addresses: &self.0.addresses,
            sync: service.sync,
            now: state::now(),
        };
        service
            .change(|world| change(world, &context))
            .map_err(|wrong| wrong.to_string())
    }

    fn service(&self) -> MutexGuard<'_, Service> {
        // Changes replace the world as a whole, so a panic elsewhere leaves nothing half done.
        self.0
            .service
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
