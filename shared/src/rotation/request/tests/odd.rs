//! Events that nobody meant to send.

use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

use crate::{
    odd_input::{MARK, json, mutated},
    rotation::{
        callback::StepEvent,
        error::chain,
        request::{Operation, Request, Until},
        state::Moment,
    },
};

fn good() -> impl Strategy<Value = Value> {
    select(vec![
        json!({}),
        json!({"source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": {}, "resources": [],
            "account": "123456789012", "region": "us-east-1", "time": "2026-11-24T06:05:00Z"}),
        json!({"operation": "rotate", "targets": ["payments/*", "audit"], "again": true, "dry_run": true}),
        json!({"operation": "hold", "targets": ["a"], "until": "2026-11-24T06:05:00Z", "reason": "audit"}),
        json!({"operation": "discover", "secret_prefixes": ["/payments/"], "output": "text"}),
        json!({"operation": "revoke", "api_keys": ["ABC"], "unmanaged": true, "delete_first": false}),
        json!({"operation": "revoke", "owner": "sa-1"}),
    ])
}

fn step() -> Value {
    json!({"Step": "createSecret", "SecretId": "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf",
        "ClientRequestToken": "5b0a6d3e-6b0f-5a55-9a3f-0a7b2a1c9d10", "RotationToken": MARK})
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_event_is_a_request_or_refused(any in json(), event in good().prop_flat_map(mutated)) {
        for event in [any, event] {
            match Request::parse(&event) {
                Ok(request) => {
                    // The end of a hold is written down as it was given.
                    if let Operation::Hold { until: Until::At(at), .. } = request.operation {
                        let _ = Moment::from(at);
                    }
                }
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }

    /// Where an id belongs, somebody may have put the pair.
    #[test]
    fn what_stands_in_the_place_of_an_id_is_never_repeated(around in "[ /:]\\PC{0,5}", many in any::<bool>()) {
        let pasted = format!("{around}{MARK}");
        let keys = if many { json!(["ABC", pasted]) } else { json!(pasted) };
        let error = Request::parse(&json!({"operation": "revoke", "api_keys": keys})).unwrap_err();
        prop_assert!(!error.to_string().contains(MARK), "{error}");
    }

    #[test]
    fn any_event_is_a_step_or_refused_without_its_rotation_token(
        any in json(),
        event in mutated(step()),
        wrapped in prop_oneof![Just(json!([MARK])), Just(json!({"token": MARK}))],
    ) {
        let mut strange = step();
        strange["RotationToken"] = wrapped;
        for event in [any, event, strange] {
            match StepEvent::parse(event) {
                Ok(step) => {
                    let shown = format!("{step:?}");
                    prop_assert!(!shown.contains(MARK), "{}", shown);
                    prop_assert!(!step.secret_id.is_empty() && !step.client_request_token.is_empty());
                }
                Err(error) => prop_assert!(!chain(&error).contains(MARK), "{}", chain(&error)),
            }
        }
    }
}
