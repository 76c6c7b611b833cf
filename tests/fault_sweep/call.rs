//! A remote call of a flow, as the request log had it.

use std::{collections::BTreeMap, fmt};

use local_cloud::requests::Entry;

/// One of a function's calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) function: String,
    pub(crate) service: String,
    pub(crate) operation: String,
    /// Which of this function's calls of this operation, from 1.
    pub(crate) nth: u64,
}

impl Call {
    /// What functions asked, in its order; what others asked is left out.
    pub(crate) fn list(entries: Vec<Entry>) -> Vec<Self> {
        let mut counts: BTreeMap<(String, String, String), u64> = BTreeMap::new();
        let by_function = entries.into_iter().filter_map(|entry| {
            let function = entry.by?.function;
            let nth = counts.entry((
                function.clone(),
                entry.service.clone(),
                entry.operation.clone(),
            ));
            let nth = nth.and_modify(|count| *count += 1).or_insert(1);
            Some(Self {
                function,
                service: entry.service,
                operation: entry.operation,
                nth: *nth,
            })
        });
        by_function.collect()
    }

    /// What every function of a service is asked alike.
    pub(crate) fn kind(&self) -> (&str, &str) {
        (&self.service, &self.operation)
    }

    /// What may make, change or delete a key, or a label that says which key is read.
    pub(crate) fn writes_keys(&self) -> bool {
        let verbs = ["POST ", "PATCH ", "DELETE "];
        let labels = ["PutSecretValue", "UpdateSecretVersionStage"];
        verbs.iter().any(|verb| self.operation.starts_with(verb))
            || labels.contains(&self.operation.as_str())
    }

    /// What may answer with the past. A gateway knows a caller as of now.
    pub(crate) fn reads(&self) -> bool {
        let stored = ["confluent", "secretsmanager", "ssm"].contains(&self.service.as_str());
        let verbs = ["GET ", "Get", "Describe", "List"];
        stored && verbs.iter().any(|verb| self.operation.starts_with(verb))
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            function,
            service,
            operation,
            nth,
        } = self;
        write!(f, "{function}, {service} {operation} #{nth}")
    }
}
