//! What an event may say, and what each mistake gets.

use serde_json::json;

use super::*;

mod odd;

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
fn each_operation_takes_its_own_fields() {
    let parse = |event| Request::parse(&event).unwrap().operation;
    let hold =
        |until| json!({"operation": "hold", "targets": ["a"], "until": until, "reason": "audit"});
    for (written, until) in [
        (json!("now"), Until::Now),
        (json!(null), Until::ToldOtherwise),
        (
            json!("2026-11-24T06:05:00Z"),
            Until::At(time::macros::datetime!(2026-11-24 06:05 UTC)),
        ),
    ] {
        let reason = Some("audit".to_owned());
        assert_eq!(parse(hold(written)), Operation::Hold { until, reason });
    }
    let one = parse(json!({"operation": "revoke", "api_key": "ABC", "unmanaged": true}));
    let many = parse(json!({"operation": "revoke", "api_keys": ["ABC"], "unmanaged": true}));
    assert_eq!(one, many);
    assert_eq!(
        parse(json!({"operation": "discover", "secret_prefixes": ["/p/"]})),
        Operation::Discover {
            secret_prefixes: vec!["/p/".to_owned()]
        }
    );
}

#[test]
fn each_refusal_says_what_is_wrong() {
    let table = [
        (
            json!({"operation": "explode"}),
            "operation `explode` is not known; known are `sweep`, `plan`, `check`, `discover`, `rotate`, `rollback`, `retire`, `hold`, `adopt`, `release`, `revoke`",
        ),
        (
            json!({"operation": ["plan", "rotate"]}),
            r#"operation `["plan","rotate"]` is not known; known are `sweep`, `plan`, `check`, `discover`, `rotate`, `rollback`, `retire`, `hold`, `adopt`, `release`, `revoke`"#,
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
            "unknown field `Step`, expected one of `operation`, `targets`, `dry_run`, `output`, `again`, `until`, `reason`, `secret_prefixes`, `api_key`, `api_keys`, `owner`, `unmanaged`, `delete_first`",
        ),
        (
            json!({"operation": "hold", "targets": ["a"], "until": "tomorrow"}),
            "`until`: expected an RFC 3339 time, `now` or null",
        ),
        (
            json!({"operation": "hold", "targets": ["a"], "reason": "a\nb"}),
            "`reason`: expected 1 to 200 printable characters",
        ),
        (
            json!({"operation": "adopt", "targets": []}),
            "operation `adopt` needs `targets`, a list that is not empty",
        ),
        (
            json!({"operation": "revoke"}),
            "operation `revoke` needs either `api_keys`, a list that is not empty, or `owner`",
        ),
        (
            json!({"operation": "revoke", "api_keys": ["A"], "owner": "sa-1"}),
            "operation `revoke` needs either `api_keys`, a list that is not empty, or `owner`",
        ),
        (
            json!({"operation": "revoke", "api_keys": ["KEY:SECRET"]}),
            "`api_keys`: expected the id of an API key (visible ASCII characters without `:` and `/`)",
        ),
        (
            json!({"operation": "revoke", "owner": "lkc-1"}),
            "`owner`: expected an id that begins with `sa-` or `u-`, but got `lkc-1`",
        ),
        (
            json!({"operation": "revoke", "api_keys": ["A"], "targets": ["a"]}),
            "`targets` does not belong to operation `revoke`",
        ),
        (
            json!({"operation": "discover"}),
            "operation `discover` needs `secret_prefixes`, a list of beginnings of secrets' names such as `/payments/`",
        ),
        (
            json!({"operation": "rollback", "targets": ["a"], "delete_first": true}),
            "`delete_first` does not belong to operation `rollback`",
        ),
    ];
    for (event, text) in table {
        assert_eq!(Request::parse(&event).unwrap_err().to_string(), text);
    }
}
