//! All targets of a deployment, read from Parameter Store.

use std::collections::BTreeMap;

use crate::{
    confluent::{ApiKeyId, ResourceKind},
    parameters::{Kind, Parameter},
    settings::is_within,
};

use super::{
    error::RotationError,
    grants::Grants,
    run::Run,
    target::{SecretSpec, Target, TargetName},
    version::SecretState,
};

/// One parameter below `TARGETS_PATH`.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its path below `TARGETS_PATH`, whether it is a name or not.
    pub(super) name: String,
    /// The target, or why it is refused.
    pub(super) target: Result<Target, RotationError>,
}

/// Reads every target. One that is wrong, or names what its team may not, is an entry with its
/// error; two that name one secret are both refused, as are two Cloud API keys that are one.
///
/// # Errors
/// [`RotationError`] when the listing fails: then nothing is known and nothing may be done.
pub(super) async fn read(run: &Run) -> Result<Vec<Entry>, RotationError> {
    let path = run.settings.targets_path.trim_end_matches('/');
    let (listed, grants) = tokio::try_join!(
        async { Ok(run.parameters.list(path).await?) },
        Grants::read(run),
    )?;
    let entries = listed.into_iter().map(|parameter| {
        let name = parameter.name.strip_prefix(path).unwrap_or(&parameter.name);
        let name = name.trim_start_matches('/').to_owned();
        Entry {
            target: parse(&name, &parameter).and_then(|target| {
                check(run, &target, grants.as_ref())?;
                Ok(target)
            }),
            name,
        }
    });
    let mut entries: Vec<_> = entries.collect();
    refuse_shared_secrets(&mut entries);
    refuse_shared_cloud_keys(run, &mut entries).await;
    Ok(entries)
}

fn parse(name: &str, parameter: &Parameter) -> Result<Target, RotationError> {
    let name: TargetName = name.parse()?;
    if parameter.kind != Kind::String {
        return Err(RotationError::NotAString);
    }
    Ok(Target::parse(name, &parameter.value)?)
}

fn check(run: &Run, target: &Target, grants: Option<&Grants>) -> Result<(), RotationError> {
    let settings = &run.settings;
    let own = [&settings.targets_path, &settings.state_path];
    for path in own.into_iter().chain(&settings.grants_path) {
        let parameters = &target.parameters.parameters;
        let inside = parameters
            .iter()
            .find(|parameter| is_within(&parameter.name, path));
        if let Some(parameter) = inside {
            return Err(RotationError::OwnPath {
                name: parameter.name.clone(),
                path: path.clone(),
            });
        }
    }
    match grants {
        Some(grants) => grants.check(target, &run.deployment),
        None => Ok(()),
    }
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

/// One key for Keywheel, another for Terraform: whoever rotates a Cloud API key that unrelated secrets
/// hold takes it from one of them. Known are the secrets of `cloud` targets and Keywheel's own.
async fn refuse_shared_cloud_keys(run: &Run, entries: &mut [Entry]) {
    let is_cloud = |target: &&Target| target.resource.kind() == ResourceKind::Cloud;
    let targets = || {
        entries
            .iter()
            .filter_map(|entry| entry.target.as_ref().ok())
    };
    let cloud: Vec<_> = targets().filter(is_cloud).collect();
    if cloud.iter().all(|target| run.is_own_key(target)) {
        return;
    }
    let mut held: BTreeMap<ApiKeyId, BTreeMap<&str, String>> = BTreeMap::new();
    if !cloud.iter().any(|target| run.is_own_key(target))
        && let (Some(key), Some(api_key)) = (&run.cloud_key, run.confluent.api_key())
    {
        let own = format!("Keywheel's own secret `{}`", key.secret);
        held.entry(api_key.clone()).or_default().insert("", own);
    }
    for target in &cloud {
        for secret in target.secrets() {
            // One that cannot be read is told when the target is looked at.
            let Ok(state) = SecretState::read(&run.secrets, secret).await else {
                continue;
            };
            if let Some(credential) = state.current_key() {
                let holder = format!("secret `{}` of target `{}`", secret.name, target.name);
                let holders = held.entry(credential.id.clone()).or_default();
                holders.insert(target.name.as_str(), holder);
            }
        }
    }
    let mut refused = BTreeMap::new();
    for (api_key, holders) in held.into_iter().filter(|(_, holders)| holders.len() > 1) {
        let named = holders.values().cloned().collect::<Vec<_>>().join(" and ");
        for target in holders.into_keys().filter(|target| !target.is_empty()) {
            refused.insert(target.to_owned(), (api_key.clone(), named.clone()));
        }
    }
    for entry in entries {
        if let Some((api_key, holders)) = refused.remove(&entry.name) {
            entry.target = Err(RotationError::SharedCloudApiKey { api_key, holders });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(name: String, value: String) -> Entry {
        let parameter = Parameter {
            name: format!("/keywheel/targets/{name}"),
            value,
            kind: Kind::String,
        };
        Entry {
            target: parse(&name, &parameter),
            name,
        }
    }

    /// What every operation begins with.
    #[test]
    fn of_ten_thousand_targets_those_that_are_broken_are_refused_alone() {
        let mut entries: Vec<_> = (0..10_000)
            .map(|n| {
                let mut json = json!({"owner": "sa-1", "resource": {"id": "lkc-1", "environment": "env-1"},
                    "probe": "rest", "secret": {"name": format!("/p/{n}"), "formats": ["java"]}});
                match n {
                    17 => json["day_count"] = 0.into(),
                    4_711 => json["secret"]["name"] = "/p/9998".into(),
                    _ => {}
                }
                let text = if n == 5 { "{".to_owned() } else { json.to_string() };
                entry(format!("team-{}/{n}", n % 40), text)
            })
            .collect();
        refuse_shared_secrets(&mut entries);
        let refused = entries.iter().filter_map(|entry| {
            let error = entry.target.as_ref().err()?;
            Some((entry.name.as_str(), error.kind()))
        });
        let refused: Vec<_> = refused.collect();
        let expected = [
            ("team-5/5", "TargetRefused"),
            ("team-17/17", "TargetRefused"),
            ("team-31/4711", "SecretShared"),
            ("team-38/9998", "SecretShared"),
        ];
        assert_eq!(refused, expected);
    }
}
