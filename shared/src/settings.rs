//! The environment of a function, parsed at its door: every wrong setting is named in one error.

mod confluent_auth;
mod event_bus;
mod function_arn;
mod lookup;
mod stream;

use std::{fs, time::Duration};

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::confluent::{AddressError, BaseUrl};

use lookup::Lookup;

pub use confluent_auth::ConfluentAuth;
pub use function_arn::{FunctionArn, NotAFunctionArn};
pub use lookup::{SettingsError, WrongSetting};
pub use stream::{RecordFormat, StreamSettings};

/// What `key-rotation` and `secret-rotation` are told. A variable that is empty counts as not set.
///
/// Names of later versions: `KEY_USAGE_TABLE` is refused, because it would guard something.
/// `IDLE_DAYS`, `HARD_DEADLINE_DAYS` and `KAFKA_CA_FILE` have no effect yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `TARGETS_PATH`: where in Parameter Store the targets are. Default `/keywheel/targets`.
    pub targets_path: String,
    /// `GRANTS_PATH`: where in Parameter Store it stands what the targets of each team may name.
    /// Default: none, and any target may name anything.
    pub grants_path: Option<String>,
    /// `STATE_PATH`: where in Parameter Store the soft state of targets is kept: holds, failures,
    /// notices. Default `/keywheel/state`.
    pub state_path: String,
    /// `DEPLOYMENT`: tells the keys of two deployments in one account and Region apart; up to 16
    /// of `a-z`, `0-9`, `-`. Default `default`.
    pub deployment: String,
    /// `MODE`: what scheduled sweeps do, `plan` or `apply`. Default `plan`.
    pub mode: Mode,
    /// `CONFLUENT_CLOUD_URL`: where Confluent Cloud's API is; `https`, or `http` to a loopback
    /// address. Default `https://api.confluent.cloud`.
    pub confluent_cloud_url: BaseUrl,
    /// `CONFLUENT_AUTH`: how the functions sign in there, `api_key` or, experimental, `sts`. Default
    /// `api_key`.
    pub confluent_auth: ConfluentAuth,
    /// `PROBE_ROUND_GAP_SECONDS`: between two rounds of sign-ins with a new key, 1 to 300.
    /// Default 10.
    pub probe_round_gap: Duration,
    /// `SETTLE_SECONDS`: what keeps a late run's last write and the next run's first deletion
    /// apart, 1 to 3600. Default 60.
    pub settle: Duration,
    /// `MAX_ROTATIONS_PER_SWEEP`: how many rotations a sweep begins at most. Default 10; 0: none.
    pub max_rotations_per_sweep: u32,
    /// `MAX_RETIREMENTS_PER_SWEEP`: how many keys a sweep retires at most. Default 10; 0: none.
    pub max_retirements_per_sweep: u32,
    /// `EVENT_BUS`: name or ARN of EventBridge's bus that is told of keys and failures; `none`
    /// tells nobody. Default `default`.
    pub event_bus: Option<String>,
    /// `NOTICE_HOURS`: this long before a key may be retired its retirement is announced, 0 to
    /// 8760. Default 72.
    pub notice: Duration,
    /// `CA_BUNDLE_FILE`: certificates (PEM) to trust beside the public ones, read at start.
    /// Default: none.
    pub ca_bundle: Vec<CertificateDer<'static>>,
}

/// What scheduled sweeps do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Say what would be done.
    Plan,
    /// Do it.
    Apply,
}

impl Settings {
    /// Reads the environment of this process.
    ///
    /// # Errors
    /// Settings are wrong or missing: all of them.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::from_variables(&lookup::environment)
    }

    /// Reads variables from elsewhere.
    ///
    /// # Errors
    /// As [`Settings::from_env`].
    pub fn from_variables(
        variables: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let mut settings = Lookup::new(variables);
        settings.not_built_yet("KEY_USAGE_TABLE");
        let targets_path = settings.or("TARGETS_PATH", "/keywheel/targets", parameter_path);
        let apart = |path: &str| {
            let path = parameter_path(path)?;
            let overlaps = targets_path
                .as_ref()
                .is_some_and(|targets| is_within(&path, targets) || is_within(targets, &path));
            match overlaps {
                true => Err("it overlaps with `TARGETS_PATH`"),
                false => Ok(path),
            }
        };
        let grants_path = settings.optional("GRANTS_PATH", apart);
        let state_path = settings.or("STATE_PATH", "/keywheel/state", |path| {
            let path = apart(path)?;
            match &grants_path {
                Some(grants) if is_within(&path, grants) || is_within(grants, &path) => {
                    Err("it overlaps with `GRANTS_PATH`")
                }
                _ => Ok(path),
            }
        });
        let deployment = settings.or("DEPLOYMENT", "default", deployment);
        let mode = settings.or("MODE", "plan", |mode| match mode {
            "plan" => Ok(Mode::Plan),
            "apply" => Ok(Mode::Apply),
            _ => Err("expected `plan` or `apply`"),
        });
        let confluent_cloud_url = settings.or(
            "CONFLUENT_CLOUD_URL",
            "https://api.confluent.cloud",
            |url| url.parse().map_err(|error: AddressError| error.to_string()),
        );
        let confluent_auth = confluent_auth::confluent_auth(&mut settings);
        let probe_round_gap = settings.seconds("PROBE_ROUND_GAP_SECONDS", "10", 1..=300);
        let settle = settings.seconds("SETTLE_SECONDS", "60", 1..=3600);
        let max_rotations_per_sweep = settings.count("MAX_ROTATIONS_PER_SWEEP", "10");
        let max_retirements_per_sweep = settings.count("MAX_RETIREMENTS_PER_SWEEP", "10");
        let event_bus = settings.or("EVENT_BUS", "default", event_bus::event_bus);
        let notice = settings.hours("NOTICE_HOURS", "72", 0..=8760);
        let ca_bundle = settings.optional("CA_BUNDLE_FILE", ca_bundle);
        settings.finish(|| {
            Some(Self {
                targets_path: targets_path?,
                grants_path,
                state_path: state_path?,
                deployment: deployment?,
                mode: mode?,
                confluent_cloud_url: confluent_cloud_url?,
                confluent_auth: confluent_auth?,
                probe_round_gap: probe_round_gap?,
                settle: settle?,
                max_rotations_per_sweep: max_rotations_per_sweep?,
                max_retirements_per_sweep: max_retirements_per_sweep?,
                event_bus: event_bus?,
                notice: notice?,
                ca_bundle: ca_bundle.unwrap_or_default(),
            })
        })
    }
}

/// The rules of Parameter Store for a path.
fn parameter_path(path: &str) -> Result<String, &'static str> {
    let segment = |segment: &str| {
        let named = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        !segment.is_empty() && segment.bytes().all(named)
    };
    match path.strip_prefix('/') {
        Some(rest) if rest.split('/').all(segment) => Ok(path.to_owned()),
        _ => Err("expected a path such as `/keywheel/targets`, without a slash at its end"),
    }
}

/// Whether `path` is `folder` or lies below it.
pub(crate) fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn deployment(name: &str) -> Result<String, &'static str> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if (1..=16).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(name.to_owned())
    } else {
        Err("expected 1 to 16 of `a` to `z`, `0` to `9` and `-`")
    }
}

fn secret_id(id: &str) -> Result<String, &'static str> {
    if lookup::holds_an_api_secret(id) {
        return Err(
            "it looks like an API secret, expected the name or ARN of the secret that holds it",
        );
    }
    let arn = id.starts_with("arn:") && id.contains(":secretsmanager:") && id.contains(":secret:");
    let name = |b: u8| b.is_ascii_alphanumeric() || b"/_+=.@-".contains(&b);
    if arn || id.bytes().all(name) {
        Ok(id.to_owned())
    } else {
        Err("expected the name or ARN of a secret in Secrets Manager")
    }
}

/// Each certificate is one that the TLS stack can use as a root.
fn ca_bundle(path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let bundle = fs::read(path).map_err(|error| format!("cannot read the file: {error}"))?;
    let certificates = CertificateDer::pem_slice_iter(&bundle)
        .map(|certificate| {
            let certificate = certificate.ok()?;
            let usable = RootCertStore::empty().add(certificate.clone()).is_ok();
            usable.then_some(certificate)
        })
        .collect::<Option<Vec<_>>>()
        .ok_or("the file holds a certificate that cannot be read")?;
    if certificates.is_empty() {
        return Err("the file holds no certificate in PEM".to_owned());
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests;
