use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::*;

/// Far beyond what starting Python takes on a busy machine.
const BOUND: Duration = Duration::from_secs(30);

fn function(environment: &[(&str, &str)]) -> Function {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Function {
        name: "scripted".to_owned(),
        arn: "arn:aws:lambda:us-east-1:123456789012:function:scripted".to_owned(),
        program: concat!(env!("CARGO_MANIFEST_DIR"), "/src/player/bootstrap.py").into(),
        timeout: BOUND,
        memory: 256,
        environment: environment.iter().map(owned).collect(),
    }
}

async fn run(player: &Player, function: &Function, event: Value) -> Outcome {
    let invocation = player.invoke(function, event.to_string().into());
    timeout(2 * BOUND, invocation).await.unwrap()
}

async fn answer(player: &Player, function: &Function) -> Value {
    let outcome = run(player, function, json!({"do": "answer"})).await;
    assert!(!outcome.failed, "{outcome:?}");
    serde_json::from_slice(&outcome.payload).unwrap()
}

fn error_of(outcome: &Outcome) -> (String, String) {
    let error = outcome.error().unwrap();
    let id = format!("RequestId: {} Error: ", outcome.request_id);
    (error.error_type, error.message.replace(&id, ""))
}

fn error(error_type: &str, message: &str) -> (String, String) {
    (error_type.to_owned(), message.to_owned())
}

#[tokio::test]
async fn a_process_sees_lambda_s_environment_and_the_function_s_own() {
    let answer = answer(&Player::default(), &function(&[("MODE", "plan")])).await;
    let seen = &answer["environment"];
    assert_eq!(seen["MODE"], "plan");
    assert_eq!(seen["AWS_LAMBDA_FUNCTION_NAME"], "scripted");
    assert_eq!(seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "256");
    assert_eq!(seen["AWS_REGION"], "us-east-1");
    assert_eq!(seen["CARGO_MANIFEST_DIR"], Value::Null);
    assert_eq!(
        answer["arn"],
        "arn:aws:lambda:us-east-1:123456789012:function:scripted"
    );
    let left = answer["left"].as_f64().unwrap();
    assert!(left > 0.0 && left <= BOUND.as_secs_f64(), "{left} s left");
}

#[tokio::test]
async fn an_environment_stays_warm_until_the_function_changes() {
    let player = Player::default();
    let first = answer(&player, &function(&[])).await;
    let second = answer(&player, &function(&[])).await;
    assert_eq!(
        (&second["pid"], &second["count"]),
        (&first["pid"], &json!(2))
    );
    assert_ne!(second["trace"], first["trace"]);
    let changed = answer(&player, &function(&[("MODE", "plan")])).await;
    assert_ne!(changed["pid"], first["pid"]);
}

#[tokio::test]
async fn two_at_once_are_two_processes() {
    let player = Player::default();
    let function = function(&[]);
    let slow = json!({"do": "answer", "seconds": 0.5});
    let (one, two) = tokio::join!(
        run(&player, &function, slow.clone()),
        run(&player, &function, slow)
    );
    let pid = |outcome: Outcome| {
        let answer: Value = serde_json::from_slice(&outcome.payload).unwrap();
        answer["pid"].clone()
    };
    assert_ne!(pid(one), pid(two));
}

#[tokio::test]
async fn a_function_error_keeps_the_environment_and_each_invocation_its_own_logs() {
    let player = Player::default();
    let function = function(&[]);
    let failed = run(&player, &function, json!({"do": "fail"})).await;
    assert_eq!(error_of(&failed), error("T", "m"));
    assert_eq!(failed.logs, "printed by fail\n");
    let outcome = run(&player, &function, json!({"do": "answer"})).await;
    let answer: Value = serde_json::from_slice(&outcome.payload).unwrap();
    assert_eq!(
        (outcome.logs.as_str(), &answer["count"]),
        ("printed by answer\n", &json!(2))
    );
    assert_eq!(player.ended().len(), 2);
}

#[tokio::test]
async fn an_exit_ends_the_invocation_as_aws_reports_it() {
    let player = Player::default();
    let outcome = run(&player, &function(&[]), json!({"do": "exit"})).await;
    let exited = error(
        "Runtime.ExitError",
        "Runtime exited with error: exit status 3",
    );
    assert_eq!(error_of(&outcome), exited);
    assert_eq!(answer(&player, &function(&[])).await["count"], 1);
}

#[tokio::test]
async fn a_failed_start_is_the_invocation_s_error() {
    let player = Player::default();
    let event = json!({"do": "answer"});
    let fails = run(&player, &function(&[("INIT", "fails")]), event.clone()).await;
    assert_eq!(error_of(&fails), error("Init", "no"));
    let exits = run(&player, &function(&[("INIT", "exits")]), event).await;
    let exited = error(
        "Runtime.ExitError",
        "Runtime exited with error: exit status 7",
    );
    assert_eq!(error_of(&exits), exited);
}

#[tokio::test]
async fn a_time_out_kills_the_process() {
    let player = Player::default();
    let mut function = function(&[]);
    function.timeout = Duration::from_secs(1);
    let outcome = run(&player, &function, json!({"do": "hang"})).await;
    let timed_out = error("Sandbox.Timedout", "Task timed out after 1.00 seconds");
    assert_eq!(error_of(&outcome), timed_out);
    assert!(player.lock().idle.is_empty());
}

#[tokio::test]
async fn a_caller_is_known_by_its_trace_and_can_be_killed() {
    let player = Player::default();
    let function = function(&[]);
    let invocation = run(&player, &function, json!({"do": "hang"}));
    let killer = async {
        let deadline = Instant::now() + BOUND;
        let caller = loop {
            assert!(Instant::now() < deadline, "no caller appeared");
            let root = player.lock().callers.keys().next().cloned();
            if let Some(root) = root {
                break player
                    .caller(&format!("Root={root};Parent=1;Sampled=0"))
                    .unwrap();
            }
            tokio::task::yield_now().await;
        };
        player.kill(&caller.request_id).await;
        caller
    };
    let (outcome, caller) = tokio::join!(invocation, killer);
    let killed = error(
        "Runtime.ExitError",
        "Runtime exited with error: signal: killed",
    );
    assert_eq!(error_of(&outcome), killed);
    assert_eq!(
        (caller.function.as_str(), &caller.request_id),
        ("scripted", &outcome.request_id)
    );
    assert_eq!(player.caller("Root=1-00000000-0;Sampled=0"), None);
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_an_exit() {
    let player = Player::default();
    let mut function = function(&[]);
    function.program = "/nonexistent/bootstrap".into();
    let outcome = run(&player, &function, json!({})).await;
    assert_eq!(error_of(&outcome).0, "Runtime.ExitError");
    assert!(
        outcome.logs.contains("/nonexistent/bootstrap"),
        "{}",
        outcome.logs
    );
}
