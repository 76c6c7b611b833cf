#![doc = include_str!("../README.md")]

mod handler;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;
use shared::{aws, failure::Failure, log, rotation::Engine, settings::Settings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init();
    let settings = Settings::from_env().map_err(Failure::stops)?;
    let aws = aws::configuration(settings.ca_bundle.as_deref()).await;
    let engine = Engine::new(&aws, settings, "key-rotation").map_err(Failure::stops)?;
    let engine = &engine;
    run(service_fn(move |event: LambdaEvent<Value>| {
        handler::handle(engine, event)
    }))
    .await
}
