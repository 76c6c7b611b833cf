//! Targets that nobody meant to write.

use proptest::prelude::*;

use super::{cloud, valid};
use crate::{
    odd_input::{json, mutated, torn},
    rotation::target::{Target, TargetError, bare_name},
};

fn full() -> serde_json::Value {
    let mut json = valid();
    json["parameters"] = serde_json::json!({"prefix": "/p", "auto_offset_reset": "latest",
        "consumer": {"max.poll.interval.ms": "600000"}, "producer": {}});
    json["day_count"] = 30.into();
    json["number_of_api_keys_to_retain"] = 2.into();
    json["grace_hours"] = 24.into();
    json["retire_after_days"] = 7.into();
    json["key_display_name"] = "orders {date}".into();
    json["labels"] = serde_json::json!({"team": "payments"});
    json
}

/// What came of a text: a target whose spans can be reckoned with, or a field and a reason.
fn read(json: &str) -> Result<(), TestCaseError> {
    match Target::parse("payments/orders".parse().unwrap(), json) {
        Ok(target) => {
            let now = time::OffsetDateTime::now_utc();
            for span in [
                target.due_after(),
                target.grace,
                target.works_unseen_after(),
            ] {
                prop_assert!(span.is_positive() || target.day_count == 1, "{span}");
                prop_assert!(now.checked_add(span).is_some(), "{span}");
            }
            let retire_after = target.retire_after.unwrap_or_default();
            prop_assert!(now.checked_add(retire_after).is_some());
            let life = target.key_life();
            prop_assert!(life.longest > 0.0 && life.longest.is_finite());
        }
        Err(TargetError { field, reason }) => {
            prop_assert!(!reason.is_empty(), "`{}`", field);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_json_is_a_target_or_refused_with_a_field(
        any in json(),
        kafka in mutated(full()),
        cloud in mutated(cloud()),
        torn in torn(full().to_string()),
    ) {
        for json in [any, kafka, cloud] {
            read(&json.to_string())?;
        }
        read(&torn)?;
    }

    #[test]
    fn any_text_has_a_bare_name(text in "(arn:)?\\PC{0,20}(:secret:)?\\PC{0,20}(-\\PC{6})?") {
        prop_assert!(text.contains(bare_name(&text)));
    }
}
