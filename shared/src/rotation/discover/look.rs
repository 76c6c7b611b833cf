//! What `discover` reads: keys, clusters, secrets, targets.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::{
    client_config::{Document, NotADocument, Recognized, recognize},
    confluent::{ApiKey, ApiKeyId, EnvironmentId, ResourceId},
    ordered::ordered,
    rotation::{
        error::{RotationError, chain},
        marker::Deployment,
        run::Run,
        target::bare_name,
    },
    secrets::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, Listed, SecretsError},
};

/// Secrets that are read at once; of each only the keys' ids are kept.
const AT_ONCE: usize = 16;

/// Everything that was found, before anything is concluded.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The keys of the organization.
    pub(super) keys: Vec<ApiKey>,
    /// The clusters, each with its environment.
    pub(super) clusters: BTreeMap<ResourceId, EnvironmentId>,
    /// The secrets below the prefixes, those of the targets and Keywheel's own.
    pub(super) secrets: Vec<Seen>,
    /// The targets that exist, refused ones too.
    pub(super) targets: Vec<Named>,
    /// Whose markers are ours.
    pub(super) deployment: Deployment,
    /// Where targets are.
    pub(super) targets_path: String,
}

/// A target's name and the bare names of the secrets that it names.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) secrets: BTreeSet<String>,
}

/// A secret.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) listed: Listed,
    /// What is in `AWSCURRENT`.
    pub(super) current: Content,
    /// Keys under the other labels.
    pub(super) staged: Vec<(String, ApiKeyId)>,
    /// Why it, or one of its versions, could not be read.
    pub(super) problem: Option<String>,
}

/// What a text holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// The keys that formats read.
    pub(super) keys: Vec<Recognized>,
    /// Known keys whose ids stand in the text where no format reads them.
    pub(super) mentioned: BTreeSet<ApiKeyId>,
    /// Why there is no key.
    pub(super) reason: Option<String>,
}

/// Reads everything, and tells what a reader of the findings should know.
///
/// # Errors
/// [`RotationError`]: half a listing is none, and neither are the secrets that the deadline left over.
pub(super) async fn look(
    run: &Run,
    prefixes: &[String],
) -> Result<(Found, Vec<String>), RotationError> {
    let mut warnings = Vec::new();
    let (mut keys, clusters, listed, targets) = tokio::try_join!(
        async { Ok::<_, RotationError>(run.confluent.list_all_api_keys().await?) },
        async { Ok(run.confluent.clusters_by_environment().await?) },
        list_secrets(run, prefixes, &mut warnings),
        targets(run),
    )?;
    if let Some(own) = run.confluent.api_key()
        && !keys.iter().any(|key| key.id == *own)
    {
        warnings.push(format!(
            "the listing lacks API key `{own}`, with which it was asked for: Keywheel may not see every key"
        ));
    }
    let known: HashSet<&str> = keys.iter().map(|key| key.id.as_str()).collect();
    let mut secrets: Vec<Seen> = stream::iter(to_read(run, listed, &targets))
        .map(|listed| read(run, listed, &known))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    secrets.sort_unstable_by(|a, b| a.listed.name.cmp(&b.listed.name));
    let missing = missing(run, &secrets, &known).await?;
    keys.extend(missing);
    let found = Found {
        keys,
        clusters,
        secrets,
        targets,
        deployment: run.deployment.clone(),
        targets_path: run.settings.targets_path.trim_end_matches('/').to_owned(),
    };
    Ok((found, warnings))
}

/// The secrets below the prefixes, by name.
async fn list_secrets(
    run: &Run,
    prefixes: &[String],
    warnings: &mut Vec<String>,
) -> Result<BTreeMap<String, Listed>, RotationError> {
    let mut all = BTreeMap::new();
    for prefix in prefixes {
        let listed = run.secrets.list(prefix).await?;
        if listed.is_empty() {
            warnings.push(format!(
                "there is no secret whose name begins with `{prefix}`"
            ));
        }
        all.extend(listed.into_iter().map(|it| (it.name.clone(), it)));
    }
    Ok(all)
}

/// What a target names is told even where the target itself is refused.
async fn targets(run: &Run) -> Result<Vec<Named>, RotationError> {
    let path = run.settings.targets_path.trim_end_matches('/');
    let listed = run.parameters.list(path).await?;
    let named = listed.into_iter().map(|parameter| {
        let name = parameter.name.strip_prefix(path).unwrap_or(&parameter.name);
        let names = secret_names(&parameter.value);
        Named {
            name: name.trim_start_matches('/').to_owned(),
            secrets: names
                .iter()
                .map(|name| bare_name(name).to_owned())
                .collect(),
        }
    });
    Ok(named.collect())
}

/// The names of a target's secrets as they stand in its text, whatever else is wrong with it.
fn secret_names(target: &str) -> Vec<String> {
    let target: Value = serde_json::from_str(target).unwrap_or_default();
    let copies = target["copies"].as_array().into_iter().flatten();
    let names = std::iter::once(&target["secret"])
        .chain(copies)
        .filter_map(|secret| secret["name"].as_str());
    names.map(str::to_owned).collect()
}

/// Which of some keys the secrets of refused targets hold, or may hold because they cannot be read;
/// each with the name of the target.
///
/// # Errors
/// [`RotationError`]: half a listing is none.
pub(in super::super) async fn held_by_refused<'a>(
    run: &Run,
    refused: &BTreeSet<&'a str>,
    keys: &[&ApiKeyId],
) -> Result<BTreeMap<ApiKeyId, &'a str>, RotationError> {
    let mut held = BTreeMap::new();
    if refused.is_empty() || keys.is_empty() {
        return Ok(held);
    }
    let known: HashSet<&str> = keys.iter().map(|key| key.as_str()).collect();
    let path = run.settings.targets_path.trim_end_matches('/');
    let mut secrets = Vec::new();
    for parameter in run.parameters.list(path).await? {
        let name = parameter.name.strip_prefix(path).unwrap_or(&parameter.name);
        if let Some(target) = refused.get(name.trim_start_matches('/')) {
            let names = secret_names(&parameter.value).into_iter();
            secrets.extend(names.map(|name| (*target, name)));
        }
    }
    let mut read = stream::iter(secrets)
        .map(async |(target, name)| {
            Ok::<_, RotationError>((target, read(run, at(&name), &known).await?))
        })
        .buffer_unordered(AT_ONCE);
    while let Some((target, seen)) = read.try_next().await? {
        let staged = seen.staged.iter().map(|(_, key)| key);
        let holds: Vec<_> = seen
            .current
            .keys
            .iter()
            .map(|key| &key.id)
            .chain(staged)
            .chain(&seen.current.mentioned)
            .collect();
        for key in keys {
            if seen.problem.is_some() || holds.contains(key) {
                held.insert((*key).clone(), target);
            }
        }
    }
    Ok(held)
}

/// A secret that was not listed: under which labels there are versions is not known.
fn at(id: &str) -> Listed {
    Listed {
        arn: id.to_owned(),
        name: bare_name(id).to_owned(),
        labels: [AWSCURRENT, AWSPENDING].map(str::to_owned).into(),
        ..Listed::default()
    }
}

/// What was listed, and what targets and Keywheel itself read wherever it is.
fn to_read(run: &Run, mut listed: BTreeMap<String, Listed>, targets: &[Named]) -> Vec<Listed> {
    // None where Keywheel signs in without a stored key.
    let own = run.cloud_key.iter().map(|key| key.secret.as_str());
    let own = own.map(|id| (bare_name(id), id));
    let named = targets.iter().flat_map(|target| &target.secrets);
    let named = named.map(|name| (name.as_str(), name.as_str()));
    for (name, id) in named.chain(own) {
        listed.entry(name.to_owned()).or_insert_with(|| Listed {
            arn: id.to_owned(),
            name: name.to_owned(),
            labels: BTreeSet::from([AWSCURRENT.to_owned()]),
            ..Listed::default()
        });
    }
    listed.into_values().collect()
}

async fn read(run: &Run, listed: Listed, known: &HashSet<&str>) -> Result<Seen, RotationError> {
    run.check_deadline()?;
    let mut seen = Seen::default();
    match text(run, &listed, AWSCURRENT).await {
        Ok(Some(text)) => seen.current = content(text.as_ref(), known),
        Ok(None) => seen.current.reason = Some("no value yet".to_owned()),
        Err(error) => seen.problem = Some(chain(&error)),
    }
    for label in [AWSPREVIOUS, AWSPENDING] {
        if seen.problem.is_some() || !listed.labels.contains(label) {
            continue;
        }
        match text(run, &listed, label).await {
            Ok(Some(text)) => {
                let keys = content(text.as_ref(), known).keys.into_iter();
                seen.staged
                    .extend(keys.map(|key| (label.to_owned(), key.id)));
            }
            Ok(None) => {}
            Err(error) => seen.problem = Some(format!("{label}: {}", chain(&error))),
        }
    }
    seen.listed = listed;
    Ok(seen)
}

/// The text under a label: `None` when nothing is staged so, `Some(None)` for a binary value.
async fn text(
    run: &Run,
    listed: &Listed,
    label: &str,
) -> Result<Option<Option<SecretString>>, SecretsError> {
    match run.secrets.staged(&listed.arn, label).await {
        Ok(value) => Ok(Some(value.text)),
        Err(error) if error.not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reasons never hold a word of the text: it may be anybody's.
pub(super) fn content(text: Option<&SecretString>, known: &HashSet<&str>) -> Content {
    let Some(text) = text else {
        return Content {
            reason: Some("a binary value".to_owned()),
            ..Content::default()
        };
    };
    let mut content = Content::default();
    match Document::parse(text) {
        Err(NotADocument::Twice { .. }) => {
            content.reason = Some("a JSON object that names a field twice".to_owned());
        }
        Err(error) => content.reason = Some(error.to_string()),
        Ok(document) if document.is_empty() => content.reason = Some("no key yet: `{}`".to_owned()),
        Ok(document) => match recognize(&document) {
            Ok(keys) if keys.is_empty() => {
                content.reason = Some("no field in which a known format keeps a key".to_owned());
            }
            Ok(keys) => content.keys = keys,
            Err(error) => content.reason = Some(error.to_string()),
        },
    }
    content.mentioned = mentioned(text, known);
    for key in &content.keys {
        content.mentioned.remove(&key.id);
    }
    content
}

/// The known keys whose ids stand in a text, as words.
fn mentioned(text: &SecretString, known: &HashSet<&str>) -> BTreeSet<ApiKeyId> {
    #[expect(
        clippy::disallowed_methods,
        reason = "ids are looked for in it, and only ids are kept"
    )]
    let text = text.expose_secret();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words
        // The letter of an escape such as `\n` sticks to the word behind it.
        .flat_map(|word| [word, word.strip_prefix(['n', 'r', 't']).unwrap_or(word)])
        .filter_map(|word| known.get(word)?.parse().ok());
    ordered(words)
}

/// Keys that secrets hold and the listing lacks, because they were made meanwhile.
async fn missing(
    run: &Run,
    secrets: &[Seen],
    known: &HashSet<&str>,
) -> Result<Vec<ApiKey>, RotationError> {
    let held = secrets.iter().flat_map(|seen| &seen.current.keys);
    let missing = held
        .map(|key| &key.id)
        .filter(|id| looks_like_a_key(id) && !known.contains(id.as_str()));
    let missing: BTreeSet<&ApiKeyId> = ordered(missing);
    let asked = stream::iter(missing)
        .map(|id| run.confluent.get_api_key(id))
        .buffer_unordered(AT_ONCE);
    let found: Vec<Option<ApiKey>> = asked.try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// `username` may be that of a database: Confluent's ids have a form, though it is not promised.
pub(super) fn looks_like_a_key(id: &ApiKeyId) -> bool {
    let id = id.as_str();
    let form = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    (16..=20).contains(&id.len()) && id.bytes().all(form)
}
