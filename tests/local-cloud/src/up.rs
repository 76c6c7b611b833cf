//! `local-cloud up`: a local cloud in the foreground.

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use local_cloud::{
    cloud::{DEFAULT_ACCOUNT, Environment, LocalCloud, Options},
    moto, paths,
    progress::Progress,
};
use tokio::{
    net::TcpStream,
    signal::unix::{SignalKind, signal},
};

/// How often the parent is looked for: its death is no event.
const PARENT_CHECK: Duration = Duration::from_millis(200);

#[derive(Args)]
pub(crate) struct Arguments {
    /// Start Kafka too (comes with the stream processor's part).
    #[arg(hide = true, long)]
    kafka: bool,
    /// Where addresses and settings are written when everything is ready [default: target/local-cloud/env].
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// A setting for the functions, over the usual ones.
    #[arg(long = "set", value_name = "NAME=value", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// The first of six ports in a row [default: any free ports].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    port_base: Option<u16>,
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if is_name(name) && !value.contains('\n') => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("expected NAME=value on one line".to_owned()),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    if arguments.kafka {
        return Err(
            "`--kafka` comes with the stream processor's part; this part runs without Kafka".into(),
        );
    }
    let env_file = arguments.env_file.unwrap_or_else(paths::env_file);
    check_free(&env_file).await?;
    let options = Options {
        account: Some(DEFAULT_ACCOUNT.to_owned()),
        settings: arguments.settings,
        port_base: arguments.port_base,
        progress: Progress::Shown,
    };
    let result = tokio::select! {
        result = stay_up(options, &env_file) => result,
        ended = end_of_life() => ended.map_err(Into::into),
    };
    moto::stop().await;
    result
}

/// Returns only with an error; whoever drops it ends what it started, but for moto.
async fn stay_up(options: Options, env_file: &Path) -> Result<(), Box<dyn Error>> {
    let cloud = LocalCloud::start(options).await?;
    let _written = EnvFile::write(&cloud, env_file)?;
    println!(
        "in another terminal: set -a; . {}; set +a",
        env_file.display()
    );
    println!("local cloud is ready");
    std::future::pending().await
}

/// The env file, which goes when the local cloud goes; one that another local cloud wrote meanwhile stays.
pub(crate) struct EnvFile {
    path: PathBuf,
    text: String,
}

impl EnvFile {
    pub(crate) fn write(cloud: &LocalCloud, path: &Path) -> io::Result<Self> {
        let text = cloud.environment().write(path)?;
        let path = path.to_owned();
        Ok(Self { path, text })
    }
}

impl Drop for EnvFile {
    fn drop(&mut self) {
        if fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            // Gone already is as good.
            let _gone = fs::remove_file(&self.path);
        }
    }
}

/// One env file is of one local cloud.
pub(crate) async fn check_free(path: &Path) -> Result<(), String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let Some(url) = Environment::read(&text, "LOCAL_CLOUD_CONTROL_URL") else {
        return Ok(());
    };
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    match TcpStream::connect(address).await {
        Ok(_) => Err(format!(
            "a local cloud is running at {url} (`{}`): end it, or start this one by `cargo local-cloud up --env-file FILE`",
            path.display()
        )),
        // Killed: nothing is behind the file any more.
        Err(_) => Ok(()),
    }
}

/// Waits for SIGINT, SIGTERM, or the death of the parent.
pub(crate) async fn end_of_life() -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let parent = std::os::unix::process::parent_id();
    let orphaned = async {
        while std::os::unix::process::parent_id() == parent {
            tokio::time::sleep(PARENT_CHECK).await;
        }
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = orphaned => {}
    }
    Ok(())
}
