//! `cargo demo`: the story of a rotation, under the eyes of a witness.

use std::error::Error;

use clap::Args;
use local_cloud::{
    cloud::{LocalCloud, Options},
    moto, paths,
    progress::Progress,
};

use crate::up::{EnvFile, end_of_life};

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

use self::{narrator::Narrator, place::Place};

/// Whatever ends the demo early; the reason a person reads.
type Failure = Box<dyn Error + Send + Sync>;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Leave the local cloud up afterwards, to look around; Ctrl-C ends it.
    #[arg(long)]
    stay: bool,
    /// Tell the stream processor's story too (comes with the stream processor's part).
    #[arg(long)]
    stream: bool,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if arguments.stream {
        return Err(
            "`--stream` comes with the stream processor's part; this part runs without Kafka"
                .into(),
        );
    }
    // A task of its own turns a panic (a secret in an output) into a reason.
    let mut task = tokio::spawn(play(arguments.stay));
    let result = tokio::select! {
        joined = &mut task => joined.unwrap_or_else(|panic| Err(panic.into())),
        ended = end_of_life() => {
            task.abort();
            let _aborted = task.await;
            ended.map_err(Failure::from).and(Err("interrupted".into()))
        }
    };
    moto::stop().await;
    result.map_err(|failure| failure as Box<dyn Error>)
}

async fn play(stay: bool) -> Result<(), Failure> {
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
    let after = story::play(&cloud, &place, &mut narrator).await?;

    narrator.pictures(&before, &after);
    if stay {
        look_around(&cloud, &narrator).await?;
    }
    // Before the last line: whoever drops it learns of a secret in any output.
    drop(cloud);
    narrator.verdict(&after)
}

/// Leaves everything up until Ctrl-C.
async fn look_around(cloud: &LocalCloud, narrator: &Narrator) -> Result<(), Failure> {
    let env_file = paths::env_file();
    let _written = EnvFile::write(cloud, &env_file)?;
    narrator.look_around(&env_file);
    end_of_life().await?;
    Ok(())
}
