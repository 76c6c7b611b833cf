//! What an event may say, and what each mistake gets.

use serde_json::json;

use super::*;

#[test]
fn an_empty_event_is_a_sweep_by_hand() {
    assert_eq!(Request::parse(&json!({})), Ok(Request::default()));
}

#[test]
fn a_schedulers_event_is_a_sweep_that_the_mode_binds() {
    for source in SCHEDULERS {
        let event = json!({ "version": "0", "id": "1", "detail-type": "Scheduled Event",
            "source": source, "account": "123456789012", "time": "2026-11-24T06:05:00Z",
            "region": "us-east-1", "resources": [], "detail": {} });
        let request = Request::parse(&event).unwrap();
        assert_eq!(
            (request.operation, request.scheduled),
            (Operation::Sweep, true)
        );
    }
}

#[test]
fn wildcards_name_all_that_begin_so() {
    let request = json!({ "operation": "rotate", "targets": ["payments/*", "audit"] });
    let request = Request::parse(&request).unwrap();
    let matched = |name: &str| request.targets.iter().any(|pattern| pattern.matches(name));
    assert!(matched("payments/orders") && matched("audit"));
    assert!(!matched("payments") && !matched("audit/log"));
}

#[test]
fn each_refusal_says_what_is_wrong() {
    let table = [
        (
            json!({"operation": "explode"}),
            "operation `explode` is not known; known are `sweep`, `plan`, `rotate`",
        ),
        (
            json!({"operation": ["plan", "rotate"]}),
            r#"operation `["plan","rotate"]` is not known; known are `sweep`, `plan`, `rotate`"#,
        ),
        (
            json!({"source": "aws.scheduler", "operation": "rotate"}),
            "a scheduled event is a sweep, but this one also says operation `rotate`",
        ),
        (
            json!({"operation": "rotate"}),
            "operation `rotate` needs `targets`, a list that is not empty",
        ),
        (
            json!({"operation": "plan", "targets": []}),
            "operation `plan` needs `targets`, a list that is not empty",
        ),
        (
            json!({"targets": ["*/orders"]}),
            "`*/orders` is neither a target's name nor a prefix that ends in `*`",
        ),
        (
            json!({"operation": "plan", "again": true}),
            "`again` does not belong to operation `plan`",
        ),
        (
            json!({"Step": "createSecret"}),
            "unknown field `Step`, expected one of `operation`, `targets`, `dry_run`, `again`, `output`",
        ),
    ];
    for (event, text) in table {
        assert_eq!(Request::parse(&event).unwrap_err().to_string(), text);
    }
}
