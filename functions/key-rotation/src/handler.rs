//! One invocation: event → engine → report.

use lambda_runtime::LambdaEvent;
use serde_json::Value;
use shared::{
    failure::Failure,
    log,
    rotation::{Engine, Output, Report, Request, RotationError},
};

/// Answers with the report. It is logged first, so that a failing invocation leaves it behind.
pub(crate) async fn handle(engine: &Engine, event: LambdaEvent<Value>) -> Result<Value, Failure> {
    Ok(answer(engine, event).await?)
}

async fn answer(engine: &Engine, event: LambdaEvent<Value>) -> Result<Value, RotationError> {
    let request = Request::parse(&event.payload)?;
    let report = engine.handle(&request, &event.context).await?;
    report.log();
    log::line(&report.metrics());
    report.check(&request)?;
    Ok(match request.output {
        Output::Json => report.to_json(),
        Output::Text => Value::String(Report::to_text(&report)),
    })
}
