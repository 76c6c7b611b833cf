//! `cargo demo`: the story of a rotation, under the eyes of a witness.

use std::error::Error;

use clap::Args;
use local_cloud::{
    cloud::{LocalCloud, Options},
    moto, paths,
    progress::Progress,
};

use crate::up::{EnvFile, check_free, end_of_life};

mod credentials;
mod narrator;
mod original;
mod picture;
mod place;
mod recording;
mod report;
mod stage;
mod story;
mod witness;

use self::{narrator::Narrator, place::Place, witness::Testimony};

/// Whatever ends the demo early; the reason a person reads.
type Failure = Box<dyn Error + Send + Sync>;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Leave the local cloud up afterwards, to look around; Ctrl-C ends it.
    #[arg(long)]
    stay: bool,
    /// Tell the stream processor's story too (comes with the stream processor's part).
    #[arg(hide = true, long)]
    stream: bool,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if arguments.stream {
        return Err(
            "`--stream` comes with the stream processor's part; this part runs without Kafka"
                .into(),
        );
    }
    if arguments.stay {
        check_free(&paths::env_file()).await?;
    }
    // A task of its own turns a panic (a secret in an output) into a reason.
    let mut task = tokio::spawn(tell());
    let told = tokio::select! {
        joined = &mut task => joined.unwrap_or_else(|panic| Err(panic.into())),
        ended = end_of_life() => {
            task.abort();
            let _aborted = task.await;
            ended.map_err(Failure::from).and(Err("interrupted".into()))
        }
    };
    let result = match told {
        Ok(told) => told.end(arguments.stay).await,
        Err(failure) => Err(failure),
    };
    moto::stop().await;
    result.map_err(|failure| failure as Box<dyn Error>)
}

/// A story told to the end, and its local cloud.
struct Told {
    cloud: LocalCloud,
    narrator: Narrator,
    testimony: Testimony,
}

async fn tell() -> Result<Told, Failure> {
    let mut narrator = Narrator::new();
    narrator.prologue(
        "Keywheel rotates Confluent Cloud API keys in AWS Secrets Manager. Here you watch it work, against a \
         local cloud on 127.0.0.1: no account, no network. Building the functions first (the first time takes \
         minutes), then starting AWS and Confluent Cloud.",
    );
    let cloud = LocalCloud::start(Options {
        progress: Progress::Shown,
        ..Options::default()
    })
    .await?;
    println!("local cloud is ready");
    narrator.start_the_clock();

    let place = Place::of(&cloud)?;
    let before = original::play(&cloud, &place, &narrator).await?;
    cloud.controls.reset().await?;
    let testimony = story::play(&cloud, &place, &narrator).await?;
    narrator.pictures(&before, &testimony);
    Ok(Told {
        cloud,
        narrator,
        testimony,
    })
}

impl Told {
    /// Prints the last line; with `stay`, waits for Ctrl-C then.
    async fn end(self, stay: bool) -> Result<(), Failure> {
        let Self {
            cloud,
            narrator,
            testimony,
        } = self;
        if stay {
            let env_file = paths::env_file();
            let _written = EnvFile::write(&cloud, &env_file)?;
            narrator.look_around(&env_file);
            narrator.verdict(&testimony)?;
            end_of_life().await?;
            return give_up(cloud).await;
        }
        give_up(cloud).await?;
        narrator.verdict(&testimony)
    }
}

/// Whoever drops a local cloud learns, by a panic, of a secret in any output.
async fn give_up(cloud: LocalCloud) -> Result<(), Failure> {
    tokio::task::spawn_blocking(move || drop(cloud)).await?;
    Ok(())
}
