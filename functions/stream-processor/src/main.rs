#![doc = include_str!("../README.md")]

mod handler;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use shared::{failure::Failure, log, settings::StreamSettings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init();
    let settings =
        StreamSettings::from_env().map_err(|error| Failure::new("WrongSettings", &error))?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        handler::handle(&event.payload, settings)
    }))
    .await
}
