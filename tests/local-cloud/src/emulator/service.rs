//! What changes behind the emulator's handle, and how a request finds its answer.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Request;

use super::{
    Addresses, Gateway,
    answer::Answer,
    auth::Visits,
    call::Call,
    control_plane,
    errors::Refusal,
    history::History,
    kafka_rest,
    query::{LONGEST, Query},
    rate::Rate,
    routes, schema_registry,
    settings::{EndOfList, Quirks, Sync},
    state::{self, World},
    sts::Tokens,
};

/// The world with its past, the settings, and what was counted.
pub(super) struct Service {
    pub(super) history: History,
    pub(super) sync: Sync,
    pub(super) quirks: Quirks,
    pub(super) rate: Rate,
    pub(super) visits: Visits,
    pub(super) tokens: Tokens,
    pub(super) handed_out: BTreeSet<String>,
    /// Calls answered so far.
    calls: usize,
}

/// What a service can be brought back to.
#[derive(Clone)]
pub(super) struct Saved {
    world: World,
    sync: Sync,
    quirks: Quirks,
    rate: Rate,
}

impl Service {
    pub(super) fn save(&self) -> Saved {
        Saved {
            world: World::clone(&self.history.present()),
            sync: self.sync,
            quirks: self.quirks,
            rate: self.rate.clone(),
        }
    }

    /// What was handed out stays known.
    pub(super) fn restore(&mut self, saved: &Saved) {
        let saved = saved.clone();
        self.history = History::beginning_with(saved.world);
        (self.sync, self.quirks, self.rate) = (saved.sync, saved.quirks, saved.rate);
        self.visits = Visits::default();
    }

    pub(super) fn beginning_with(world: World) -> Self {
        let mut service = Self {
            history: History::beginning_with(world),
            sync: Sync::default(),
            quirks: Quirks::default(),
            rate: Rate::default(),
            visits: Visits::default(),
            tokens: Tokens::default(),
            handed_out: BTreeSet::new(),
            calls: 0,
        };
        service.note_secrets();
        service
    }

    /// Changes the world as a whole, or on an error not at all.
    pub(super) fn change<T, E>(
        &mut self,
        change: impl FnOnce(&mut World) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut world = World::clone(&self.history.present());
        let answer = change(&mut world)?;
        self.history.push(world);
        self.note_secrets();
        Ok(answer)
    }

    fn note_secrets(&mut self) {
        let present = self.history.present();
        for key in &present.api_keys {
            if !self.handed_out.contains(&key.secret) {
                self.handed_out.insert(key.secret.clone());
            }
        }
    }

    /// Answers one request, whose id is `id`; with `as_of`, what is read is that old.
    pub(super) fn answer(
        &mut self,
        addresses: &Addresses,
        gateway: Gateway,
        request: &Request<Bytes>,
        as_of: Option<Duration>,
        id: &str,
    ) -> Answer {
        self.calls += 1;
        let path = request.uri().path();
        let (entry, parameter) = routes::find(gateway, path).unzip();
        let call = Call {
            addresses,
            path,
            id: parameter.unwrap_or_default(),
            query: Query::of(request.uri().query()),
            headers: request.headers(),
            body: request.body(),
            now: state::now(),
            sync: self.sync,
            quirks: self.quirks,
            end_of_list: self
                .quirks
                .end_of_list
                .unwrap_or_else(|| EndOfList::in_turn(self.calls)),
        };
        let view = as_of.map_or_else(|| self.history.present(), |ago| self.history.as_of(ago));
        match gateway {
            Gateway::KafkaRest => kafka_rest::answer(self, &view, request.method(), entry, &call),
            Gateway::SchemaRegistry => {
                schema_registry::answer(self, request.method(), entry, &call)
            }
            Gateway::ControlPlane => {
                let turn = self.rate.take(Instant::now());
                let answer = match entry {
                    _ if !turn.allowed => Err(Refusal::rate_limited()),
                    Some(entry) if call.id.len() <= LONGEST => {
                        control_plane::answer(self, &view, request.method(), entry, &call)
                    }
                    _ => Err(Refusal::unknown_path(path)),
                };
                turn.note_on(answer.unwrap_or_else(|refusal| refusal.into_answer(id)))
            }
        }
    }
}
