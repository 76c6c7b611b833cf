//! One local cloud: an organization at Confluent, an account at AWS, and the functions under test between them.

use std::io;

use bytes::Bytes;
use serde_json::Value;
use thiserror::Error;

use crate::{
    aws_proxy,
    control::{self, Controls},
    door::Door,
    emulator::{Addresses, Emulator, Gateway},
    functions::{self, BuildError},
    gateways,
    lambda::{InvokeError, Lambda},
    moto::{Account, MotoError},
    progress::Progress,
    serve::{Listener, Server},
};

mod environment;
mod invocation;
mod registration;
#[cfg(test)]
mod tests;

pub use environment::Environment;
pub use invocation::Invocation;

/// The account of `local-cloud up`.
pub const DEFAULT_ACCOUNT: &str = "123456789012";

/// What a local cloud is started with; the default is a test's.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// 12 digits; none is a random account, so that nothing is shared with any other local cloud.
    pub account: Option<String>,
    /// Put over the environment of the functions, in this order.
    pub settings: Vec<(String, String)>,
    /// The first of six ports in a row; none is any free ports.
    pub port_base: Option<u16>,
    /// Whether what takes long is told.
    pub progress: Progress,
}

/// Why there is no local cloud.
#[derive(Debug, Error)]
pub enum StartError {
    /// No functions.
    #[error("the functions cannot be built")]
    Build(#[from] &'static BuildError),
    /// No AWS.
    #[error("AWS cannot be played")]
    Moto(#[from] MotoError),
    /// No port.
    #[error("port {port} of 127.0.0.1 cannot be had")]
    Port {
        /// 0 is any.
        port: u16,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Too near to the last port.
    #[error("expected six ports from {base} on, but the last port is 65535")]
    PortBase {
        /// What was given.
        base: u16,
    },
}

/// A running local cloud; dropping it ends its servers and its functions' processes.
///
/// When it is dropped it panics if any invocation, whoever began it, showed a secret that was ever handed out.
#[derive(Debug)]
pub struct LocalCloud {
    /// Time, faults, the world at Confluent: what the control URL offers.
    pub controls: Controls,
    /// AWS, asked past faults and request log.
    pub aws: Account,
    environment: Environment,
    lambda: Lambda,
    _servers: Vec<Server>,
}

impl LocalCloud {
    /// Builds the functions, starts every server, registers the functions and stores the Cloud API key.
    ///
    /// # Errors
    /// What is missing, with the remedy.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let ports = Ports::new(options.port_base)?;
        // First what needs a tool that may be missing: building takes minutes.
        let id = options.account.unwrap_or_else(random_account);
        let aws = Account::open(id, options.progress).await?;
        let binaries = functions::functions(options.progress).await?;

        let aws_listener = ports.bind(0).await?;
        let control_listener = ports.bind(1).await?;
        let control_plane = ports.bind(2).await?;
        let kafka_rest = ports.bind(3).await?;
        let schema_registry = ports.bind(4).await?;
        let emulator = Emulator::seeded(Addresses {
            control_plane: control_plane.url(),
            kafka_rest: kafka_rest.url(),
            schema_registry: schema_registry.url(),
            kafka_bootstrap: ports.kafka_bootstrap(),
        });
        let environment = Environment::new(
            &aws_listener.url(),
            &control_plane.url(),
            &control_listener.url(),
        )
        .with(options.settings);

        registration::register(&aws, &aws_listener.url()).await?;
        let door = Door::default();
        let lambda = Lambda::new(
            aws.clone(),
            door.player.clone(),
            binaries,
            environment.iter().cloned().collect(),
        );
        let controls = Controls::new(emulator.clone(), aws.clone(), door.clone());
        controls.store_cloud_api_key().await?;

        let gateway =
            |listener, gateway| gateways::serve(listener, gateway, emulator.clone(), door.clone());
        let servers = vec![
            gateway(control_plane, Gateway::ControlPlane),
            gateway(kafka_rest, Gateway::KafkaRest),
            gateway(schema_registry, Gateway::SchemaRegistry),
            aws_proxy::serve(
                aws_listener,
                aws.clone(),
                lambda.clone(),
                emulator.clone(),
                door,
            ),
            control::serve(control_listener, controls.clone()),
        ];
        Ok(Self {
            controls,
            aws,
            environment,
            lambda,
            _servers: servers,
        })
    }

    /// What the env file holds, in its order.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The ARN of a function of this account.
    #[must_use]
    pub fn function_arn(&self, name: &str) -> String {
        registration::arn(self.aws.id(), name)
    }

    /// Invokes a function by hand, past faults and request log, and waits for its end.
    ///
    /// # Errors
    /// There is no such function; a function error is no error here.
    ///
    /// # Panics
    /// The answer, the error or the logs show a secret that was ever handed out.
    pub async fn invoke(&self, function: &str, event: &Value) -> Result<Invocation, InvokeError> {
        let event = Bytes::from(event.to_string());
        let outcome = self.lambda.invoke(function, event).await?;
        invocation::assert_discreet(function, &outcome, &self.secrets_handed_out());
        Ok(outcome.into())
    }

    /// Every API secret there ever was, those of deleted keys too.
    #[must_use]
    pub fn secrets_handed_out(&self) -> Vec<String> {
        self.controls.emulator().handed_out()
    }

    /// Every invocation that has ended, in that order: also those that Secrets Manager or a schedule began.
    #[must_use]
    pub fn invocations(&self) -> Vec<(String, Invocation)> {
        let ended = self.controls.door().player.ended().into_iter();
        ended
            .map(|(caller, outcome)| (caller.function, outcome.into()))
            .collect()
    }
}

impl Drop for LocalCloud {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let secrets = self.secrets_handed_out();
            for (caller, outcome) in self.controls.door().player.ended() {
                invocation::assert_discreet(&caller.function, &outcome, &secrets);
            }
        }
    }
}

fn random_account() -> String {
    fastrand::u64(100_000_000_000..1_000_000_000_000).to_string()
}

/// The ports of one local cloud, in the order of its servers.
#[derive(Debug, Clone, Copy)]
struct Ports(Option<u16>);

impl Ports {
    /// The last port in the row is Kafka's.
    const LAST: u16 = 5;
    /// Where Kafka listens by custom: named by the emulator until a broker is part of the local cloud.
    const KAFKA: u16 = 9094;

    fn new(base: Option<u16>) -> Result<Self, StartError> {
        match base {
            Some(base) if base.checked_add(Self::LAST).is_none() => {
                Err(StartError::PortBase { base })
            }
            base => Ok(Self(base)),
        }
    }

    async fn bind(self, nth: u16) -> Result<Listener, StartError> {
        let port = self.0.map_or(0, |base| base + nth);
        let bound = Listener::bind(port).await;
        bound.map_err(|source| StartError::Port { port, source })
    }

    fn kafka_bootstrap(self) -> String {
        let port = self.0.map_or(Self::KAFKA, |base| base + Self::LAST);
        format!("localhost:{port}")
    }
}
