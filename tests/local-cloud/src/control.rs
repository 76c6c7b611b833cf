//! The hands of whoever plays the world: Confluent's side, time, faults, and a look inside. Offered to tests as values
//! and to everybody at the control URL.

use serde_json::{Value, json};

use crate::{
    door::Door,
    emulator::{self, Emulator},
    faults::Order,
    moto::{Account, MotoError},
    requests::Entry,
};

mod http;

pub use http::serve;

/// Name of the secret that holds the Cloud API key.
pub const CLOUD_API_KEY_SECRET: &str = "keywheel/confluent-cloud-api-key";

/// One moment of a local cloud, for [`Controls::restore`].
#[derive(Debug, Clone)]
pub struct Saved(emulator::Saved);

/// A cheap handle to the controls of one local cloud.
#[derive(Debug, Clone)]
pub struct Controls {
    emulator: Emulator,
    account: Account,
    door: Door,
}

impl Controls {
    pub(crate) fn new(emulator: Emulator, account: Account, door: Door) -> Self {
        Self {
            emulator,
            account,
            door,
        }
    }

    /// Confluent Cloud itself: `world`, `add`, `delete`, `set_sync`, `set_rate`, and the truth about sign-ins.
    #[must_use]
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// Request log, faults and the player.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// Makes everything stored at Confluent and AWS older by `days`.
    ///
    /// # Errors
    /// AWS cannot be asked.
    pub async fn age(&self, days: f64) -> Result<(), MotoError> {
        self.emulator.age(days);
        self.account.age(days).await
    }

    /// Orders the faults of a list, and answers their ids.
    ///
    /// # Errors
    /// The sentence names what is not understood; then none is ordered.
    pub fn post_faults(&self, list: Value) -> Result<Vec<u64>, String> {
        self.door.faults.post(list)
    }

    /// All faults with their hits.
    #[must_use]
    pub fn faults(&self) -> Vec<Order> {
        self.door.faults.list()
    }

    /// Forgets all faults.
    pub fn clear_faults(&self) {
        self.door.faults.clear();
    }

    /// The request log without its first `count` entries.
    #[must_use]
    pub fn requests(&self, count: usize) -> Vec<Entry> {
        self.door.requests.since(count)
    }

    /// The secrets with their staged versions and the parameters, read inside.
    ///
    /// # Errors
    /// AWS cannot be asked.
    pub async fn stores(&self) -> Result<Value, MotoError> {
        self.account.stores().await
    }

    /// Every event that was put on a bus, in order: `bus`, and `event` as a rule's target gets it.
    ///
    /// # Errors
    /// AWS cannot be asked.
    pub async fn events(&self) -> Result<Vec<Value>, MotoError> {
        self.account.events().await
    }

    /// What is stored at Confluent and AWS now, to come back to. One moment is kept; a later one takes its place.
    ///
    /// # Errors
    /// AWS cannot be asked.
    pub async fn save(&self) -> Result<Saved, MotoError> {
        self.account.save().await?;
        Ok(Saved(self.emulator.save()))
    }

    /// Everything stored as it was then, but for dates as much older as it is ago, and without faults and request log.
    ///
    /// # Errors
    /// AWS cannot be asked.
    pub async fn restore(&self, saved: &Saved) -> Result<(), MotoError> {
        self.emulator.restore(&saved.0);
        self.account.restore().await?;
        self.door.faults.clear();
        self.door.requests.clear();
        Ok(())
    }

    /// Everything as at the start, but for the functions and their settings.
    ///
    /// # Errors
    /// AWS cannot be asked.
    pub async fn reset(&self) -> Result<(), MotoError> {
        self.emulator.reset();
        self.account.reset().await?;
        self.store_cloud_api_key().await?;
        self.door.faults.clear();
        self.door.requests.clear();
        Ok(())
    }

    /// Makes the secret of the Cloud API key.
    pub(crate) async fn store_cloud_api_key(&self) -> Result<(), MotoError> {
        let (key, secret) = self.emulator.cloud_api_key();
        let text = json!({"api_key": key, "api_secret": secret}).to_string();
        let created = self
            .account
            .create_secret(CLOUD_API_KEY_SECRET, Some(&text), &[]);
        created.await.map(drop)
    }
}
