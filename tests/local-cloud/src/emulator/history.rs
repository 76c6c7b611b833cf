//! The world now and a while ago, for reads that lag behind.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use super::state::World;

/// How far back the past is kept. No test waits longer for a stale read.
const KEPT: Duration = Duration::from_secs(120);

/// Every state of the world in the last two minutes, and the one before them.
pub(super) struct History {
    states: VecDeque<(Instant, Arc<World>)>,
    present: Arc<World>,
}

impl History {
    pub(super) fn beginning_with(world: World) -> Self {
        let present = Arc::new(world);
        Self {
            states: VecDeque::from([(Instant::now(), Arc::clone(&present))]),
            present,
        }
    }

    pub(super) fn present(&self) -> Arc<World> {
        Arc::clone(&self.present)
    }

    /// The world `ago`, or its oldest known state.
    pub(super) fn as_of(&self, ago: Duration) -> Arc<World> {
        let past = |(since, _): &&(Instant, Arc<World>)| since.elapsed() >= ago;
        let state = self
            .states
            .iter()
            .rev()
            .find(past)
            .or_else(|| self.states.front());
        state.map_or_else(|| self.present(), |(_, world)| Arc::clone(world))
    }

    pub(super) fn push(&mut self, world: World) {
        self.present = Arc::new(world);
        self.states
            .push_back((Instant::now(), Arc::clone(&self.present)));
        while self
            .states
            .get(1)
            .is_some_and(|(since, _)| since.elapsed() > KEPT)
        {
            self.states.pop_front();
        }
    }

    /// Changes the present and all of the past alike, as if it had always been so.
    pub(super) fn rewrite(&mut self, change: impl Fn(&mut World)) {
        for (_, world) in &mut self.states {
            change(Arc::make_mut(world));
        }
        if let Some((_, world)) = self.states.back() {
            self.present = Arc::clone(world);
        }
    }
}
