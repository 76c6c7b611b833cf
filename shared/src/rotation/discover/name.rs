//! Names for targets that have none: the path of their secrets. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::{confluent::ResourceKind, ordered::ordered};

use super::{findings::KeyFinding, look::Named, propose::Draft};

/// The longest name of a target.
const LONGEST: usize = 64;
/// What is left of a longer one, so that a number fits behind it.
const CUT: usize = 58;

/// The names that are taken.
pub(super) struct Names {
    taken: BTreeSet<String>,
    /// How many drafts have their secrets in a folder, in all and by kind.
    in_folder: BTreeMap<String, usize>,
    of_kind: BTreeMap<(String, ResourceKind), usize>,
    /// How many drafts bring a name.
    given: BTreeMap<String, usize>,
}

impl Names {
    /// Names of targets are taken, and so are names that drafts bring with them.
    pub(super) fn new(targets: &[Named], drafts: &[(KeyFinding, Draft<'_>)]) -> Self {
        let mut names = Self {
            taken: ordered(targets.iter().map(|target| target.name.clone())),
            in_folder: BTreeMap::new(),
            of_kind: BTreeMap::new(),
            given: BTreeMap::new(),
        };
        for (_, draft) in drafts {
            let folder = folder(draft);
            let kind = (folder.clone(), draft.resource.kind());
            *names.in_folder.entry(folder).or_default() += 1;
            *names.of_kind.entry(kind).or_default() += 1;
        }
        for given in drafts
            .iter()
            .filter_map(|(_, draft)| draft.given_name.as_ref())
        {
            *names.given.entry(given.to_string()).or_default() += 1;
        }
        names.taken.extend(names.given.keys().cloned());
        names
    }

    /// The name that was given; else the folder of the secrets, where it has a parent and no other
    /// draft; else that and the kind; else the primary's whole name; else that with a number.
    ///
    /// # Errors
    /// Another draft brings the same name.
    pub(super) fn choose(&mut self, draft: &Draft<'_>) -> Result<String, String> {
        let own = |count: Option<&usize>| count == Some(&1);
        if let Some(given) = &draft.given_name {
            let given = given.to_string();
            return match own(self.given.get(&given)) {
                true => Ok(given),
                false => Err(format!(
                    "target `{given}`, as its tag or marker says, would have another key as well"
                )),
            };
        }
        let (folder, kind) = (folder(draft), draft.resource.kind());
        let mut options = Vec::new();
        if own(self.in_folder.get(&folder)) && folder.contains('/') {
            options.push(folder.clone());
        }
        if own(self.of_kind.get(&(folder.clone(), kind))) && !folder.is_empty() {
            options.push(tidy(&format!("{folder}/{kind}")));
        }
        let whole = tidy(primary(draft));
        options.push(whole.clone());
        let numbered = (2..).map(|n: u32| format!("{whole}-{n}"));
        let mut options = options.into_iter().chain(numbered);
        let free = options.find(|name| !name.is_empty() && !self.taken.contains(name));
        let name = free.unwrap_or(whole);
        self.taken.insert(name.clone());
        Ok(name)
    }
}

fn primary<'a>(draft: &Draft<'a>) -> &'a str {
    draft
        .secrets
        .first()
        .map_or("", |(seen, _)| &seen.listed.name)
}

/// The folder that all secrets of a draft are in; empty when there is none.
fn folder(draft: &Draft<'_>) -> String {
    let folder_of = |name: &'_ str| name.rsplit_once('/').map_or("", |(it, _)| it).to_owned();
    let mut common = folder_of(primary(draft));
    for (seen, _) in &draft.secrets {
        let folder = format!("{}/", folder_of(&seen.listed.name));
        while !folder.starts_with(&format!("{common}/")) && !common.is_empty() {
            common = folder_of(&common);
        }
    }
    tidy(&common)
}

/// What a target may be called, as near to `path` as can be.
fn tidy(path: &str) -> String {
    let letter = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c) => c,
        _ => '-',
    };
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let segments: Vec<String> = segments
        .map(|it| it.chars().map(letter).collect())
        .collect();
    let mut name = segments.join("/");
    if name.len() > LONGEST {
        name.truncate(CUT);
        name.truncate(name.trim_end_matches(['/', '-']).len());
    }
    name
}
