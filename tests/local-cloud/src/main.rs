//! The command line of the local cloud.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use local_cloud::causes;
use tokio::runtime::Runtime;

mod demo;
mod invoke;
mod up;

/// What the demo and the tests run against, by hand.
#[derive(Parser)]
#[command(name = "local-cloud", bin_name = "cargo local-cloud")]
enum Command {
    /// Build the functions, start everything in the foreground and write the env file.
    Up(up::Arguments),
    /// Invoke a function of the running local cloud; stdout holds its answer.
    Invoke(invoke::Arguments),
    /// See Keywheel rotate: the story, in about a minute.
    Demo(demo::Arguments),
}

fn main() -> ExitCode {
    let command = Command::parse_from(arguments());
    let result = Runtime::new().map_err(Into::into).and_then(|runtime| {
        let result = runtime.block_on(run(command));
        // Not by dropping it, which would wait for a start that has been given up.
        runtime.shutdown_background();
        result
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", causes::sentence(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Up(arguments) => up::run(arguments).await,
        Command::Invoke(arguments) => invoke::run(&arguments).await,
        Command::Demo(arguments) => demo::run(&arguments).await,
    }
}

/// The arguments without one `--` after the subcommand, where Cargo's own habit puts it.
fn arguments() -> impl Iterator<Item = std::ffi::OsString> {
    std::env::args_os()
        .enumerate()
        .filter(|(place, argument)| !(*place == 2 && argument == "--"))
        .map(|(_, argument)| argument)
}
