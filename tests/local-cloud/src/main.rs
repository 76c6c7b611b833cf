//! The command line of the local cloud.

use std::{error::Error, process::ExitCode};

use clap::Parser;

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

#[tokio::main]
async fn main() -> ExitCode {
    let command = Command::parse_from(arguments());
    let result = match command {
        Command::Up(arguments) => up::run(arguments).await,
        Command::Invoke(arguments) => invoke::run(&arguments).await,
        Command::Demo(arguments) => demo::run(&arguments).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

/// The arguments without one `--` after the subcommand, where Cargo's own habit puts it.
fn arguments() -> impl Iterator<Item = std::ffi::OsString> {
    std::env::args_os()
        .enumerate()
        .filter(|(place, argument)| !(*place == 2 && argument == "--"))
        .map(|(_, argument)| argument)
}

fn chain(error: &dyn Error) -> String {
    let mut sentence = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        sentence = format!("{sentence}: {error}");
        source = error.source();
    }
    sentence
}
