//! Grants: what the targets of a team may name. Written by the platform team alone, so that who may
//! write a target does not become an administrator.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::ordered::ordered;

use super::{
    error::RotationError,
    marker::Deployment,
    run::Run,
    target::{SecretSpec, Target},
};

/// What one team may name. A pattern is a whole value, or a prefix that ends in `*`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Grant {
    owners: Vec<String>,
    environments: Vec<String>,
    kinds: Vec<String>,
    secrets: Vec<String>,
    /// Names of client parameters; without it, `secrets` says so.
    parameters: Option<Vec<String>>,
}

impl Grant {
    fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
}

/// The grants of all teams; a broken one is kept with what is wrong with it.
#[derive(Debug)]
pub(super) struct Grants(BTreeMap<String, Result<Grant, String>>);

/// These open everything, so only their own name grants them.
const NEVER_BY_WILDCARD: [&str; 2] = ["cloud", "global"];

impl Grants {
    /// Reads the grants; `None` without `GRANTS_PATH`.
    ///
    /// # Errors
    /// [`RotationError`] when the listing fails: then nothing may be done.
    pub(super) async fn read(run: &Run) -> Result<Option<Self>, RotationError> {
        let Some(path) = &run.settings.grants_path else {
            return Ok(None);
        };
        let listed = run.parameters.list(path).await?;
        let grants = listed.into_iter().filter_map(|parameter| {
            let team = parameter
                .name
                .strip_prefix(path.as_str())?
                .strip_prefix('/')?;
            Some((team.to_owned(), Grant::parse(&parameter.value)))
        });
        Ok(Some(Self(ordered(grants))))
    }

    /// Refuses what the target's team may not name.
    ///
    /// # Errors
    /// [`RotationError`] with team, field and value.
    pub(super) fn check(
        &self,
        target: &Target,
        deployment: &Deployment,
    ) -> Result<(), RotationError> {
        let Some((team, _)) = target.name.as_str().split_once('/') else {
            return Err(RotationError::NoTeam {
                target: target.name.to_string(),
            });
        };
        let grant = match self.0.get(team) {
            None => {
                return Err(RotationError::NoGrant {
                    team: team.to_owned(),
                });
            }
            Some(Err(reason)) => {
                return Err(RotationError::GrantUnreadable {
                    team: team.to_owned(),
                    reason: reason.clone(),
                });
            }
            Some(Ok(grant)) => grant,
        };
        let outside = |field: &str, value: &str| RotationError::NotGranted {
            team: team.to_owned(),
            field: field.to_owned(),
            value: value.to_owned(),
        };
        let owner = target.owner.as_str();
        if !allows(&grant.owners, owner) {
            return Err(outside("owner", owner));
        }
        let kind = target.resource.kind().to_string();
        let allowed = match NEVER_BY_WILDCARD.contains(&kind.as_str()) {
            true => grant.kinds.contains(&kind),
            false => allows(&grant.kinds, &kind),
        };
        if !allowed {
            return Err(outside("resource.kind", &kind));
        }
        // What is in no environment is granted by its kind alone.
        if let Some(environment) = &target.resource.environment
            && !allows(&grant.environments, environment.as_str())
        {
            return Err(outside("resource.environment", environment.as_str()));
        }
        for (nth, secret) in target.secrets().enumerate() {
            if !allows(&grant.secrets, nameable(secret, deployment)) {
                let field = match nth {
                    0 => "secret.name".to_owned(),
                    nth => format!("copies[{}].name", nth - 1),
                };
                return Err(outside(&field, &secret.name));
            }
        }
        let patterns = grant.parameters.as_ref().unwrap_or(&grant.secrets);
        match target
            .parameters
            .parameters
            .iter()
            .find(|parameter| !allows(patterns, &parameter.name))
        {
            Some(parameter) => Err(outside("parameters.prefix", &parameter.name)),
            None => Ok(()),
        }
    }
}

fn allows(patterns: &[String], value: &str) -> bool {
    patterns
        .iter()
        .any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => value.starts_with(prefix),
            None => value == pattern,
        })
}

/// The name of a secret of this account and Region, with the six characters of AWS's own where it
/// was given as an ARN: without them another secret could be meant. Any other ARN stays one.
fn nameable<'a>(secret: &'a SecretSpec, deployment: &Deployment) -> &'a str {
    let own = format!(
        ":secretsmanager:{}:{}:secret:",
        deployment.region, deployment.account
    );
    match secret.name.split_once(&own) {
        Some((partition, name)) if partition.starts_with("arn:") => name,
        _ => &secret.name,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::odd_input::{json, mutated, text, torn};

    fn deployment() -> Deployment {
        Deployment {
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            name: "default".to_owned(),
        }
    }

    fn target(secret: &str) -> Option<Target> {
        let target = json!({"owner": "sa-1", "resource": {"id": "lsrc-1", "environment": "env-1"},
            "secret": {"name": secret, "formats": ["event_source"]}, "parameters": {}});
        Target::parse("payments/orders".parse().ok()?, &target.to_string()).ok()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_grant_allows_or_refuses_with_a_sentence(
            any in json(),
            grant in mutated(json!({"owners": ["sa-1"], "environments": ["env-*"], "kinds": ["schema_registry"],
                "secrets": ["/payments/*", "*"], "parameters": ["/p/*"]})),
            torn in torn(json!({"owners": ["*"], "secrets": ["*"]}).to_string()),
            secret in text(),
        ) {
            let target = target(&secret).or_else(|| target("/payments/app"));
            let target = target.ok_or_else(|| TestCaseError::fail("no target"))?;
            for text in [any.to_string(), grant.to_string(), torn] {
                let granted = Grant::parse(&text);
                let owners = granted.as_ref().map_or(0, |grant| grant.owners.len());
                let grants = Grants([("payments".to_owned(), granted)].into());
                match grants.check(&target, &deployment()) {
                    // Nothing is granted by what does not say so.
                    Ok(()) => prop_assert!(owners > 0, "{}", text),
                    Err(error) => prop_assert!(error.to_string().contains("`payments`"), "{}", error),
                }
            }
        }
    }
}
