//! Confluent and AWS around the built function, and what they saw of it.

use std::{collections::BTreeMap, io, time::Duration};

use local_cloud::{
    child::Memory,
    door::Door,
    emulator::{Addresses, Emulator, Gateway},
    functions, gateways,
    player::{Function, Player},
    progress::Progress,
    requests::Entry,
    serve::{Listener, Server},
};
use serde_json::{Value, json};

use crate::{
    aws::{ACCOUNT, Aws},
    organization::{TARGETS, targets, world},
};

const CLOUD_API_KEY: &str = "confluent-cloud-api-key";
/// As this is built itself: `cargo bench --profile dev` is for working on it.
const PROFILE: &str = if cfg!(debug_assertions) {
    "dev"
} else {
    "bench"
};
/// No run needs as many; a run that does has failed.
const SWEEPS: usize = 20;

pub(crate) struct Scene {
    pub(crate) emulator: Emulator,
    pub(crate) door: Door,
    aws: Aws,
    player: Player,
    function: Function,
    _servers: Vec<Server>,
}

/// What sweeps until everything was published came to.
pub(crate) struct Run {
    pub(crate) published: usize,
    pub(crate) sweeps: usize,
    pub(crate) time: Duration,
    pub(crate) requests: Vec<Entry>,
    /// The most that the function's process ever had at once.
    pub(crate) memory: Option<Memory>,
}

impl Run {
    /// Calls of the control plane.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &Entry> {
        let requests = self.requests.iter();
        requests.filter(|entry| entry.service == "confluent")
    }
}

impl Scene {
    /// A thousand targets with empty secrets.
    pub(crate) async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let binaries = functions::built_with(PROFILE, Progress::Shown).await?;
        let program = binaries.get("key-rotation");
        let program = program.ok_or("there is no `key-rotation`")?.clone();
        let door = Door::default();
        let ports = [bind().await?, bind().await?, bind().await?, bind().await?];
        let [aws_port, control_plane, kafka_rest, schema_registry] = ports;
        let emulator = Emulator::seeded(Addresses {
            control_plane: control_plane.url(),
            kafka_rest: kafka_rest.url(),
            schema_registry: schema_registry.url(),
            kafka_bootstrap: "localhost:9094".to_owned(),
        });
        emulator.add(world())?;
        let aws = Aws::default();
        let (api_key, api_secret) = emulator.cloud_api_key();
        let cloud = json!({"api_key": api_key, "api_secret": api_secret}).to_string();
        aws.make_secret(CLOUD_API_KEY, Some(&cloud));
        for target in targets() {
            aws.make_secret(&target.secret, None);
            let parameter = format!("/keywheel/targets/{}", target.name);
            aws.put_parameter(&parameter, &target.document.to_string());
        }
        let aws_url = aws_port.url();
        let confluent_url = control_plane.url();
        let fixed = [
            ("AWS_ENDPOINT_URL", aws_url.as_str()),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("CONFLUENT_CLOUD_URL", &confluent_url),
            ("CONFLUENT_CLOUD_API_KEY_SECRET_ID", CLOUD_API_KEY),
            ("MODE", "apply"),
        ];
        let environment: BTreeMap<_, _> = fixed
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let gateway =
            |listener, gateway| gateways::serve(listener, gateway, emulator.clone(), door.clone());
        let servers = vec![
            aws.serve(aws_port, door.clone()),
            gateway(control_plane, Gateway::ControlPlane),
            gateway(kafka_rest, Gateway::KafkaRest),
            gateway(schema_registry, Gateway::SchemaRegistry),
        ];
        Ok(Self {
            function: Function {
                name: "key-rotation".to_owned(),
                arn: format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:key-rotation"),
                program,
                timeout: Duration::ZERO,
                memory: 256,
                environment,
            },
            player: door.player.clone(),
            emulator,
            door,
            aws,
            _servers: servers,
        })
    }

    /// Every answer of Confluent's servers takes so long.
    pub(crate) fn slow_down(&self, latency: Duration) -> Result<(), String> {
        let delay = |service| json!({"service": service, "effect": "delay", "seconds": latency.as_secs_f64(), "every": true});
        let services = ["confluent", "kafka_rest", "schema_registry"];
        self.door
            .faults
            .post(Value::from_iter(services.map(delay)))?;
        Ok(())
    }

    /// A month goes by.
    pub(crate) fn age(&self) {
        const DAYS: f64 = 31.0;
        self.emulator.age(DAYS);
        self.aws.age(DAYS * 86_400.0);
    }

    /// Sweeps until every target has a new key in `AWSCURRENT`, in a process of their own: what earlier ones learned
    /// is not known to it. `settings` are the function's, `timeout` is Lambda's.
    pub(crate) async fn publish_all(&self, settings: &[(&str, &str)], timeout: Duration) -> Run {
        let before = self.aws.current();
        self.door.requests.clear();
        let mut function = self.function.clone();
        let settings = settings.iter();
        let settings = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        function.environment.extend(settings);
        function.timeout = timeout;
        // Another value of the function is another process.
        let run = before.len() + self.player.ended().len();
        function
            .environment
            .insert("RUN".to_owned(), run.to_string());
        let began = tokio::time::Instant::now();
        let mut run = Run {
            published: 0,
            sweeps: 0,
            time: Duration::ZERO,
            requests: Vec::new(),
            memory: None,
        };
        while run.published < TARGETS && run.sweeps < SWEEPS {
            let outcome = self.player.invoke(&function, "{}".into()).await;
            run.sweeps += 1;
            run.memory = outcome.memory.or(run.memory);
            run.published = self.published_since(&before);
            run.time = began.elapsed();
            let counts = serde_json::from_slice::<Value>(&outcome.payload);
            let counts = counts.unwrap_or_default()["counts"].to_string();
            eprintln!(
                "  sweep {}: {} of {TARGETS} published after {:.1} s {counts}",
                run.sweeps,
                run.published,
                run.time.as_secs_f64()
            );
            if let Some(error) = outcome.error() {
                let message: String = error.message.chars().take(600).collect();
                eprintln!("  it failed: {}: {message}", error.error_type);
            }
        }
        run.requests = self.door.requests.since(0);
        run
    }

    fn published_since(&self, before: &BTreeMap<String, String>) -> usize {
        let now = self.aws.current();
        now.iter()
            .filter(|(name, version)| before.get(*name) != Some(version))
            .count()
    }
}

async fn bind() -> io::Result<Listener> {
    Listener::bind(0).await
}
