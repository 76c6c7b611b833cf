//! The faults that a test orders, and when each strikes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::Value;

use crate::requests::Caller;

mod fault;

pub use fault::{Body, Effect, Fault, Service};

/// A cheap handle to the faults of one local cloud.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Orders>>);

#[derive(Debug, Default)]
struct Orders {
    last_id: u64,
    list: Vec<Order>,
}

/// A fault with what happened to it since it was posted.
#[derive(Debug, Clone, Serialize)]
pub struct Order {
    /// Given when it is posted.
    pub id: u64,
    /// What was posted.
    #[serde(flatten)]
    pub fault: Fault,
    /// How many calls it struck.
    pub hits: u64,
    #[serde(skip)]
    calls: u64,
}

impl Faults {
    /// Orders the faults of a JSON list, all or none; the answer has their ids.
    ///
    /// # Errors
    /// The sentence names what is not understood: field, effect, service or value.
    pub fn post(&self, list: Value) -> Result<Vec<u64>, String> {
        let faults: Vec<Fault> = serde_json::from_value(list).map_err(|e| e.to_string())?;
        faults.iter().try_for_each(Fault::check)?;
        let mut orders = self.lock();
        Ok(faults
            .into_iter()
            .map(|fault| {
                orders.last_id += 1;
                let id = orders.last_id;
                orders.list.push(Order {
                    id,
                    fault,
                    hits: 0,
                    calls: 0,
                });
                id
            })
            .collect())
    }

    /// All faults with their hits.
    #[must_use]
    pub fn list(&self) -> Vec<Order> {
        self.lock().list.clone()
    }

    /// Forgets all faults.
    pub fn clear(&self) {
        self.lock().list.clear();
    }

    /// Counts a call at every fault that it matches and returns the first that strikes it.
    #[must_use]
    pub fn strike(&self, service: &str, operation: &str, by: Option<&Caller>) -> Option<Fault> {
        let mut orders = self.lock();
        let mut struck = None;
        for order in &mut orders.list {
            if !order.fault.matches(service, operation, by) {
                continue;
            }
            order.calls += 1;
            let nth = order.fault.nth;
            let due = order.calls == nth || (order.fault.every && order.calls > nth);
            if due && struck.is_none() {
                order.hits += 1;
                struck = Some(order.fault.clone());
            }
        }
        struck
    }

    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn strikes(faults: &Faults, operation: &str, function: Option<&str>) -> bool {
        let by = function.map(|function| Caller {
            function: function.to_owned(),
            request_id: "1".to_owned(),
        });
        faults.strike("ssm", operation, by.as_ref()).is_some()
    }

    #[test]
    fn the_nth_matching_call_is_struck_once() {
        let faults = Faults::default();
        let posted =
            json!([{"service": "ssm", "operation": "PutParameter", "nth": 2, "effect": "drop"}]);
        assert_eq!(faults.post(posted).unwrap(), [1]);
        assert!(!strikes(&faults, "GetParameter", None));
        let struck = [0; 3].map(|_| strikes(&faults, "PutParameter", None));
        assert_eq!(struck, [false, true, false]);
        assert_eq!(faults.list()[0].hits, 1);
    }

    #[test]
    fn every_strikes_from_the_nth_on() {
        let faults = Faults::default();
        let posted = json!([{"service": "ssm", "nth": 2, "every": true, "effect": "drop"}]);
        faults.post(posted).unwrap();
        let struck = [0; 4].map(|_| strikes(&faults, "PutParameter", None));
        assert_eq!(struck, [false, true, true, true]);
    }

    #[test]
    fn a_fault_for_a_function_lets_every_other_caller_pass() {
        let faults = Faults::default();
        let posted = json!([{"service": "ssm", "effect": "drop", "function": "key-rotation"}]);
        faults.post(posted).unwrap();
        assert!(!strikes(&faults, "PutParameter", None));
        assert!(!strikes(&faults, "PutParameter", Some("secret-rotation")));
        assert!(strikes(&faults, "PutParameter", Some("key-rotation")));
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name_and_nothing_is_ordered() {
        let table = [
            (
                json!([{"service": "s3", "effect": "drop"}]),
                "unknown variant `s3`",
            ),
            (
                json!([{"service": "ssm", "effect": "explode"}]),
                "unknown variant `explode`",
            ),
            (
                json!([{"service": "ssm", "effect": "drop", "times": 3}]),
                "unknown field `times`",
            ),
            (
                json!([{"service": "ssm", "effect": "drop", "nth": 0}]),
                "`nth` is at least 1",
            ),
            (
                json!([{"service": "ssm", "effect": "delay"}]),
                "effect `delay` needs `seconds`",
            ),
            (
                json!([{"service": "ssm", "effect": "delay", "seconds": -1}]),
                "`seconds`",
            ),
            (
                json!([{"service": "ssm", "effect": "status", "status": 99}]),
                "`status` is a final HTTP status, but got 99",
            ),
            (
                json!([{"service": "ssm", "effect": "status"}]),
                "effect `status` needs `status`",
            ),
            (
                json!([{"service": "ssm", "effect": "drop", "code": "X"}]),
                "`code` belongs to effect `status`",
            ),
            (json!({"service": "ssm"}), "expected a sequence"),
        ];
        let faults = Faults::default();
        for (posted, part) in table {
            let error = faults.post(posted).unwrap_err();
            assert!(error.contains(part), "{error} lacks {part}");
        }
        let half_good = json!([{"service": "ssm", "effect": "drop"}, {"service": "ssm"}]);
        assert!(faults.post(half_good).is_err());
        assert!(faults.list().is_empty());
    }
}
