#![doc = include_str!("../README.md")]

mod handler;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::value::RawValue;
use shared::{failure::Failure, log, settings::StreamSettings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init();
    let settings = match StreamSettings::from_env() {
        Ok(settings) => settings,
        Err(error) => return Failure::from(error).answer_every_invocation().await,
    };
    run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        handler::handle(&event.payload, settings)
    }))
    .await
}
