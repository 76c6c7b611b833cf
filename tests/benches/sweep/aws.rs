//! Secrets Manager, Parameter Store and EventBridge, as far as a sweep uses them: in memory, with AWS's rules for versions and labels.
//! (moto serves about 500 calls a second, and a sweep of a thousand targets makes more.)

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use local_cloud::{
    door::{Call, Door},
    refusal::as_json,
    serve::{Listener, Server},
};
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "123456789012";
/// As many as AWS gives in one answer.
const PARAMETERS_A_PAGE: usize = 10;
const CURRENT: &str = "AWSCURRENT";
const SECRETS: &str = "secretsmanager";

/// A handle to all secrets and parameters.
#[derive(Clone, Default)]
pub(crate) struct Aws(Arc<Mutex<Store>>);

#[derive(Default)]
struct Store {
    secrets: BTreeMap<String, Secret>,
    parameters: BTreeMap<String, String>,
}

#[derive(Default)]
struct Secret {
    arn: String,
    versions: BTreeMap<String, Version>,
    changed: f64,
}

struct Version {
    text: String,
    created: f64,
    labels: BTreeSet<String>,
}

type Refusal = (&'static str, String);

impl Aws {
    /// Answers every request that the functions send, through `door`.
    pub(crate) fn serve(&self, listener: Listener, door: Door) -> Server {
        let aws = self.clone();
        listener.serve(move |request| {
            let (aws, door) = (aws.clone(), door.clone());
            let target = request.headers().get("x-amz-target");
            let target = target.and_then(|target| target.to_str().ok());
            let (service, action) = target
                .and_then(|target| target.split_once('.'))
                .unwrap_or_default();
            let call = Call {
                service: service.to_owned(),
                operation: action.to_owned(),
                by: None,
            };
            let action = action.to_owned();
            async move {
                door.pass(call, request, |request, _| async move {
                    let body = serde_json::from_slice(request.body()).unwrap_or_default();
                    Some(match aws.store().answer(&action, &body) {
                        Ok(answer) => as_json(200, &answer),
                        Err((code, message)) => {
                            as_json(400, &json!({"__type": code, "message": message}))
                        }
                    })
                })
                .await
            }
        })
    }

    /// Makes a secret, empty or with one version.
    pub(crate) fn make_secret(&self, name: &str, text: Option<&str>) {
        let mut secret = Secret {
            arn: format!("{ARN}{name}-AbCdEf"),
            changed: now(),
            ..Secret::default()
        };
        if let Some(text) = text {
            secret.put("first", text, &[CURRENT.to_owned()]);
        }
        self.store().secrets.insert(name.to_owned(), secret);
    }

    pub(crate) fn put_parameter(&self, name: &str, value: &str) {
        let mut store = self.store();
        store.parameters.insert(name.to_owned(), value.to_owned());
    }

    /// The version in `AWSCURRENT` of every secret that has one, by name.
    pub(crate) fn current(&self) -> BTreeMap<String, String> {
        let store = self.store();
        let current = store.secrets.iter();
        current
            .filter_map(|(name, secret)| Some((name.clone(), secret.staged(CURRENT)?.clone())))
            .collect()
    }

    /// Everything becomes older.
    pub(crate) fn age(&self, seconds: f64) {
        for secret in self.store().secrets.values_mut() {
            secret.changed -= seconds;
            for version in secret.versions.values_mut() {
                version.created -= seconds;
            }
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a request of the log changed a secret: what AWS counts together against 50 a second.
pub(crate) fn is_write(service: &str, action: &str) -> bool {
    service == SECRETS && ["PutSecretValue", "UpdateSecretVersionStage"].contains(&action)
}

const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:";

impl Store {
    fn answer(&mut self, action: &str, body: &Value) -> Result<Value, Refusal> {
        match action {
            "GetParametersByPath" => return Ok(self.parameters(body)),
            "GetParameter" => return self.parameter(body),
            "PutParameter" => {
                let name = text(body, "Name").unwrap_or_default().to_owned();
                let value = text(body, "Value").unwrap_or_default().to_owned();
                self.parameters.insert(name, value);
                return Ok(json!({"Version": 1}));
            }
            "PutEvents" => {
                let entries = body["Entries"].as_array().map_or(0, Vec::len);
                let taken = vec![json!({"EventId": "1"}); entries];
                return Ok(json!({"FailedEntryCount": 0, "Entries": taken}));
            }
            _ => {}
        }
        let id = text(body, "SecretId").unwrap_or_default();
        let name = id
            .strip_prefix(ARN)
            .map_or(id, |name| &name[..name.len() - 7]);
        let found = self.secrets.get_mut(name);
        let secret = found.ok_or(("ResourceNotFoundException", format!("no secret {id}")))?;
        let mut answer = secret.act(action, body)?;
        answer["ARN"] = secret.arn.as_str().into();
        answer["Name"] = name.into();
        Ok(answer)
    }

    fn parameter(&self, body: &Value) -> Result<Value, Refusal> {
        let name = text(body, "Name").unwrap_or_default();
        let value = self.parameters.get(name);
        let value = value.ok_or(("ParameterNotFound", format!("no parameter {name}")))?;
        Ok(json!({"Parameter": {"Name": name, "Type": "String", "Value": value}}))
    }

    fn parameters(&self, body: &Value) -> Value {
        let path = format!("{}/", text(body, "Path").unwrap_or_default());
        let from = text(body, "NextToken").map_or(0, |token| token.parse().unwrap_or(0));
        let below = self.parameters.iter();
        let below = below.filter(|(name, _)| name.starts_with(&path)).skip(from);
        let page: Vec<_> = below
            .take(PARAMETERS_A_PAGE)
            .map(|(name, value)| json!({"Name": name, "Type": "String", "Value": value}))
            .collect();
        let mut answer = json!({});
        if page.len() == PARAMETERS_A_PAGE {
            answer["NextToken"] = (from + PARAMETERS_A_PAGE).to_string().into();
        }
        answer["Parameters"] = page.into();
        answer
    }
}

impl Secret {
    fn act(&mut self, action: &str, body: &Value) -> Result<Value, Refusal> {
        let not_found = || ("ResourceNotFoundException", "no such version".to_owned());
        match action {
            "DescribeSecret" => {
                let labelled = self.versions.iter().filter(|(_, it)| !it.labels.is_empty());
                let labelled: BTreeMap<_, _> = labelled.map(|(id, it)| (id, &it.labels)).collect();
                Ok(json!({"LastChangedDate": self.changed, "VersionIdsToStages": labelled}))
            }
            "GetSecretValue" => {
                let id = match text(body, "VersionId") {
                    Some(id) => id,
                    None => self.staged(CURRENT).ok_or_else(not_found)?,
                };
                let version = self.versions.get(id).ok_or_else(not_found)?;
                Ok(json!({"VersionId": id, "SecretString": version.text,
                    "VersionStages": version.labels, "CreatedDate": version.created}))
            }
            "ListSecretVersionIds" => {
                let versions = self.versions.iter().map(|(id, version)| {
                    json!({"VersionId": id, "VersionStages": version.labels, "CreatedDate": version.created})
                });
                Ok(json!({"Versions": versions.collect::<Vec<_>>()}))
            }
            "PutSecretValue" => {
                let token = text(body, "ClientRequestToken").unwrap_or_default();
                let value = text(body, "SecretString").unwrap_or_default();
                if let Some(known) = self.versions.get(token) {
                    return match known.text == value {
                        true => Ok(json!({"VersionId": token})),
                        false => Err(("ResourceExistsException", "another text".to_owned())),
                    };
                }
                let labels = body["VersionStages"].as_array().into_iter().flatten();
                let labels: Vec<_> = labels
                    .filter_map(|label| Some(label.as_str()?.to_owned()))
                    .collect();
                self.put(token, value, &labels);
                Ok(json!({"VersionId": token}))
            }
            "UpdateSecretVersionStage" => {
                let label = text(body, "VersionStage").unwrap_or_default();
                let (from, to) = (
                    text(body, "RemoveFromVersionId"),
                    text(body, "MoveToVersionId"),
                );
                if self.staged(label).map(String::as_str) != from {
                    return Err(("InvalidParameterException", "it is elsewhere".to_owned()));
                }
                if to.is_some_and(|to| !self.versions.contains_key(to)) {
                    return Err(not_found());
                }
                self.stage(label, to);
                Ok(json!({}))
            }
            _ => Err(("UnknownOperationException", action.to_owned())),
        }
    }

    fn put(&mut self, id: &str, text: &str, labels: &[String]) {
        let version = Version {
            text: text.to_owned(),
            created: now(),
            labels: BTreeSet::new(),
        };
        self.versions.insert(id.to_owned(), version);
        for label in labels {
            self.stage(label, Some(id));
        }
        // Whatever label was asked for.
        if self.versions.len() == 1 {
            self.stage(CURRENT, Some(id));
        }
    }

    /// Moves a label; the version that `AWSCURRENT` leaves becomes the previous one.
    fn stage(&mut self, label: &str, to: Option<&str>) {
        let from = self.staged(label).cloned();
        if let Some(version) = from.as_ref().and_then(|from| self.versions.get_mut(from)) {
            version.labels.remove(label);
        }
        if let Some(version) = to.and_then(|to| self.versions.get_mut(to)) {
            version.labels.insert(label.to_owned());
        }
        if label == CURRENT
            && let Some(from) = &from
        {
            self.stage("AWSPREVIOUS", Some(from));
        }
        self.changed = now();
    }

    fn staged(&self, label: &str) -> Option<&String> {
        let mut versions = self.versions.iter();
        versions.find_map(|(id, version)| version.labels.contains(label).then_some(id))
    }
}

fn text<'a>(body: &'a Value, field: &str) -> Option<&'a str> {
    body[field].as_str()
}

fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}
