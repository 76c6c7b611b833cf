//! The part of Lambda that executes: environments that live on between invocations, one process each, each with a
//! Runtime API of its own.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use uuid::Uuid;

use crate::{child::Handle, requests::Caller};

mod environment;
mod outcome;
mod runtime_api;
#[cfg(test)]
mod tests;

use environment::Environment;
pub use outcome::{FunctionError, Outcome};

/// What an environment is started for; another value is another environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its ARN, without a qualifier.
    pub arn: String,
    /// The binary.
    pub program: PathBuf,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// MB; told to the process, not enforced.
    pub memory: u64,
    /// Everything that is set beside what Lambda itself sets.
    pub environment: BTreeMap<String, String>,
}

/// A cheap handle to the environments of one local cloud.
#[derive(Debug, Clone, Default)]
pub struct Player(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Warm environments that wait, by function.
    idle: HashMap<String, Vec<Environment>>,
    /// Processes with an invocation under way, by request id.
    busy: HashMap<String, Handle>,
    /// Every invocation there was, by the root of its trace.
    callers: HashMap<String, Caller>,
    /// Every invocation that has ended.
    ended: Vec<(Caller, Outcome)>,
}

impl Player {
    /// Invokes `function` once and waits for its end: in a warm environment when one waits that was started for this
    /// very value, else in a new one. Two at once are two processes.
    pub async fn invoke(&self, function: &Function, event: Bytes) -> Outcome {
        self.invoke_as(&Uuid::new_v4().to_string(), function, event)
            .await
    }

    /// The same under a request id that is given: a retry has the id of the first attempt.
    pub async fn invoke_as(&self, request_id: &str, function: &Function, event: Bytes) -> Outcome {
        let environment = match self.take_idle(function) {
            Some(environment) => Ok(environment),
            None => Environment::start(function).await,
        };
        let mut environment = match environment {
            Ok(environment) => environment,
            Err(error) => return Outcome::not_started(request_id, &error),
        };
        // The form of AWS: version, eight digits (its time, which nobody reads here), 24 digits.
        let trace = Uuid::new_v4().simple().to_string();
        let root = format!("1-{}-{}", &trace[..8], &trace[8..]);
        let caller = Caller {
            function: function.name.clone(),
            request_id: request_id.to_owned(),
        };
        {
            let mut state = self.lock();
            state.callers.insert(root.clone(), caller.clone());
            let process = environment.process();
            state.busy.insert(request_id.to_owned(), process);
        }
        let outcome = environment.invoke(request_id, &root, event).await;
        let mut state = self.lock();
        state.busy.remove(request_id);
        state.ended.push((caller, outcome.clone()));
        if environment.is_alive() {
            let idle = state.idle.entry(function.name.clone()).or_default();
            idle.push(environment);
        }
        outcome
    }

    /// Whose invocation a value of `X-Amzn-Trace-Id` belongs to.
    #[must_use]
    pub fn caller(&self, trace_id: &str) -> Option<Caller> {
        let root = trace_id
            .split(';')
            .find_map(|part| part.trim().strip_prefix("Root="))?;
        self.lock().callers.get(root).cloned()
    }

    /// Every invocation that has ended, in that order: also those that Secrets Manager or a schedule began.
    #[must_use]
    pub fn ended(&self) -> Vec<(Caller, Outcome)> {
        self.lock().ended.clone()
    }

    /// Kills the process of an invocation that is under way and waits until it is dead.
    pub async fn kill(&self, request_id: &str) {
        let process = self.lock().busy.get(request_id).cloned();
        if let Some(process) = process {
            process.kill().await;
        }
    }

    /// A warm environment for `function`. Those for another value of it, and dead ones, go.
    fn take_idle(&self, function: &Function) -> Option<Environment> {
        let mut state = self.lock();
        let idle = state.idle.get_mut(&function.name)?;
        idle.retain(|environment| environment.is_alive() && environment.is_for(function));
        idle.pop()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
