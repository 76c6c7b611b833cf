#![doc = include_str!("../README.md")]

mod handler;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;
use shared::{aws, failure::Failure, http::HttpClient, log, rotation::Engine, settings::Settings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init();
    let engine = match start().await {
        Ok(engine) => engine,
        Err(failure) => return failure.answer_every_invocation().await,
    };
    let engine = &engine;
    run(service_fn(move |event: LambdaEvent<Value>| {
        handler::handle(engine, event)
    }))
    .await
}

async fn start() -> Result<Engine, Failure> {
    let settings = Settings::from_env()?;
    let http = HttpClient::new(&settings.ca_bundle)?;
    let aws = aws::configuration(&http).await;
    Ok(Engine::new(&aws, http, settings, "key-rotation"))
}
