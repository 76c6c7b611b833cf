//! What each secret of a target must hold, once it ever held a key: one that may sign in.

use std::collections::{BTreeMap, BTreeSet};

use local_cloud::emulator::Emulator;

use crate::scenes::{login, stores::Stores, target::Target};

/// What a witness saw.
#[derive(Debug, Clone, Default)]
pub struct Witnessed {
    /// How often it signed in, or tried to.
    pub sign_ins: usize,
    /// A sentence for each that was refused.
    pub failures: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Judge {
    /// Each secret with what its key opens.
    watched: Vec<(String, String)>,
    begun: BTreeSet<String>,
    /// What a secret held at the beginning that was refused already.
    excused: BTreeMap<String, String>,
    pub(super) seen: Witnessed,
}

impl Judge {
    pub(super) fn of(targets: &[&Target]) -> Self {
        let watched = targets.iter().flat_map(|target| {
            let resource = target.resource().to_owned();
            let names = target.secrets().into_iter();
            names.map(move |name| (name.to_owned(), resource.clone()))
        });
        Self {
            watched: watched.collect(),
            begun: BTreeSet::new(),
            excused: BTreeMap::new(),
            seen: Witnessed::default(),
        }
    }

    /// Takes what is refused at this moment for somebody else's doing.
    pub(super) fn excuse(&mut self, stores: &Stores, emulator: &Emulator) {
        for (name, resource) in &self.watched {
            if let Some(text) = stores.text(name)
                && !signs_in(emulator, resource, text)
            {
                self.excused.insert(name.clone(), text.to_owned());
            }
        }
    }

    /// Tries every secret once.
    pub(super) fn look(&mut self, stores: &Stores, emulator: &Emulator) -> Vec<String> {
        let mut failures = Vec::new();
        for (name, resource) in &self.watched {
            let text = stores.text(name);
            if text.is_some() && text == self.excused.get(name).map(String::as_str) {
                continue;
            }
            let Some((key, _)) = text.and_then(login::read) else {
                if self.begun.contains(name) {
                    self.seen.sign_ins += 1;
                    failures.push(format!("`{name}` holds no key any more"));
                }
                continue;
            };
            // A client that reads now signs in now; no key is deleted without a grace.
            self.begun.insert(name.clone());
            self.seen.sign_ins += 1;
            if !text.is_some_and(|text| signs_in(emulator, resource, text)) {
                failures.push(format!("`{key}` of `{name}` at `{resource}`"));
            }
        }
        failures
    }
}

fn signs_in(emulator: &Emulator, resource: &str, text: &str) -> bool {
    login::read(text).is_some_and(|(key, secret)| emulator.may_sign_in(resource, &key, &secret))
}
