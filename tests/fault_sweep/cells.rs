//! Which call is struck by what.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{call::Call, flow::Flow, intruder::Intruder};

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    FailAfter,
    KillCallerAfter,
    FailBefore,
    Drop,
    KillCallerBefore,
    TooManyRequests,
    ServerError,
    Html,
    StaleRead,
    /// Somebody else does something before it is done.
    LateWhile(Intruder),
}

/// Each call has one of them by turns, what writes keys all.
const BY_TURNS: [Effect; 3] = [
    Effect::FailAfter,
    Effect::KillCallerAfter,
    Effect::FailBefore,
];
/// Each operation has all of them once.
const ONCE: [Effect; 6] = [
    Effect::Drop,
    Effect::KillCallerBefore,
    Effect::TooManyRequests,
    Effect::ServerError,
    Effect::Html,
    Effect::StaleRead,
];

/// Seconds in which somebody else has done what they do, if the machine is not too busy.
const LATE: f64 = 1.5;

impl Effect {
    fn name(self) -> &'static str {
        match self {
            Self::FailAfter => "fail_after",
            Self::KillCallerAfter => "kill_caller_after",
            Self::FailBefore => "fail_before",
            Self::Drop => "drop",
            Self::KillCallerBefore => "kill_caller_before",
            Self::TooManyRequests => "429",
            Self::ServerError => "500",
            Self::Html => "html",
            Self::StaleRead => "stale_read",
            Self::LateWhile(intruder) => intruder.name(),
        }
    }

    /// The fields of a fault.
    fn fields(self) -> Value {
        match self {
            Self::TooManyRequests => json!({"effect": "status", "status": 429, "retry_after": 1}),
            Self::ServerError => json!({"effect": "status", "status": 500}),
            Self::Html => json!({"effect": "status", "status": 502, "body": "html"}),
            // From before the flow began: no case is that long.
            Self::StaleRead => json!({"effect": "stale_read", "seconds": 100}),
            Self::LateWhile(_) => json!({"effect": "delay", "seconds": LATE}),
            other => json!({"effect": other.name()}),
        }
    }

    fn applies_to(self, call: &Call) -> bool {
        self != Self::StaleRead || call.reads()
    }
}

/// One case.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    /// The flow's place.
    pub(crate) flow: usize,
    call: Call,
    effect: Effect,
}

impl Cell {
    /// Names flow, call and effect.
    pub(crate) fn name(&self, flows: &[Flow]) -> String {
        format!(
            "{}: {}: {}",
            flows[self.flow].name,
            self.call,
            self.effect.name()
        )
    }

    /// Who comes in between.
    pub(crate) fn intruder(&self) -> Option<Intruder> {
        match self.effect {
            Effect::LateWhile(intruder) => Some(intruder),
            _ => None,
        }
    }

    /// As it is ordered.
    pub(crate) fn fault(&self) -> Value {
        let Call {
            function,
            service,
            operation,
            nth,
        } = &self.call;
        let mut fault = self.effect.fields();
        fault["function"] = function.as_str().into();
        fault["service"] = service.as_str().into();
        fault["operation"] = operation.as_str().into();
        fault["nth"] = (*nth).into();
        json!([fault])
    }
}

/// Every cell.
pub(crate) fn all(calls: &[Vec<Call>]) -> Vec<Cell> {
    let effects = BY_TURNS.into_iter().chain(ONCE);
    let cells = every(calls).flat_map(|(flow, call)| {
        let effects = effects.clone().filter(|effect| effect.applies_to(call));
        effects.map(move |effect| Cell {
            flow,
            call: call.clone(),
            effect,
        })
    });
    cells.collect()
}

/// Enough for every day: every call, and every effect at every operation.
pub(crate) fn sampled(calls: &[Vec<Call>]) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut turns = BY_TURNS.into_iter().cycle();
    let mut places: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (flow, call) in every(calls) {
        let cell = |effect| Cell {
            flow,
            call: call.clone(),
            effect,
        };
        if call.writes_keys() {
            cells.extend(BY_TURNS.map(cell));
        } else {
            cells.extend(turns.next().map(cell));
        }
        places.entry(call.kind()).or_default().push((flow, call));
    }
    for places in places.values() {
        // One after the other, so that not all of them fall on the first flow.
        let effects = ONCE
            .into_iter()
            .filter(|effect| effect.applies_to(places[0].1));
        cells.extend(effects.enumerate().map(|(turn, effect)| {
            let (flow, call) = places[turn * places.len() / ONCE.len()];
            Cell {
                flow,
                call: call.clone(),
                effect,
            }
        }));
    }
    cells
}

/// Somebody comes in between at every call, everybody at what writes keys.
pub(crate) fn doubled(calls: &[Vec<Call>]) -> Vec<Cell> {
    let mut turns = Intruder::ALL.into_iter().cycle();
    let cells = every(calls).flat_map(|(flow, call)| {
        let all = call.writes_keys();
        let intruders = if all { Intruder::ALL.len() } else { 1 };
        let intruders: Vec<_> = turns.by_ref().take(intruders).collect();
        intruders.into_iter().map(move |intruder| Cell {
            flow,
            call: call.clone(),
            effect: Effect::LateWhile(intruder),
        })
    });
    cells.collect()
}

fn every(calls: &[Vec<Call>]) -> impl Iterator<Item = (usize, &Call)> {
    let calls = calls.iter().enumerate();
    calls.flat_map(|(flow, calls)| calls.iter().map(move |call| (flow, call)))
}
