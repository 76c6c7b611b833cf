//! All targets of a deployment, read from Parameter Store.

use std::collections::BTreeMap;

use crate::parameters::{Kind, Parameter};

use super::{
    error::RotationError,
    run::Run,
    target::{SecretSpec, Target, TargetName},
};

/// One parameter below `TARGETS_PATH`.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its path below `TARGETS_PATH`, whether it is a name or not.
    pub(super) name: String,
    /// The target, or why it is refused.
    pub(super) target: Result<Target, RotationError>,
}

/// Reads every target. One that is wrong is an entry with its error; two that name one secret
/// are both refused.
///
/// # Errors
/// [`RotationError`] when the listing fails: then nothing is known and nothing may be done.
pub(super) async fn read(run: &Run) -> Result<Vec<Entry>, RotationError> {
    let path = run.settings.targets_path.trim_end_matches('/');
    let listed = run.parameters.list(path).await?;
    let entries = listed.into_iter().map(|parameter| {
        let name = parameter.name.strip_prefix(path).unwrap_or(&parameter.name);
        let name = name.trim_start_matches('/').to_owned();
        Entry {
            target: parse(&name, &parameter),
            name,
        }
    });
    let mut entries: Vec<_> = entries.collect();
    refuse_shared_secrets(&mut entries);
    Ok(entries)
}

fn parse(name: &str, parameter: &Parameter) -> Result<Target, RotationError> {
    let name: TargetName = name.parse()?;
    if parameter.kind != Kind::String {
        return Err(RotationError::NotAString);
    }
    Ok(Target::parse(name, &parameter.value)?)
}

fn refuse_shared_secrets(entries: &mut [Entry]) {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in entries.iter() {
        let secrets = entry.target.iter().flat_map(Target::secrets);
        for secret in secrets.map(SecretSpec::bare_name) {
            let targets = named.entry(secret.to_owned()).or_default();
            targets.push(format!("`{}`", entry.name));
        }
    }
    named.retain(|_, targets| targets.len() > 1);
    for entry in entries {
        let shared = entry
            .target
            .iter()
            .flat_map(Target::secrets)
            .find_map(|secret| {
                let targets = named.get(secret.bare_name())?;
                Some((secret.name.clone(), targets.join(", ")))
            });
        if let Some((secret, targets)) = shared {
            entry.target = Err(RotationError::SharedSecret { secret, targets });
        }
    }
}
