//! One invocation: event → step → answer.

use lambda_runtime::LambdaEvent;
use serde_json::Value;
use shared::{
    failure::Failure,
    rotation::{Engine, RotationError, StepAnswer, StepEvent},
};

/// Carries out one of Secrets Manager's four steps.
pub(crate) async fn handle(
    engine: &Engine,
    event: LambdaEvent<Value>,
) -> Result<StepAnswer, Failure> {
    Ok(answer(engine, event).await?)
}

async fn answer(engine: &Engine, event: LambdaEvent<Value>) -> Result<StepAnswer, RotationError> {
    let step = StepEvent::parse(event.payload)?;
    engine.step(&step, &event.context).await
}
