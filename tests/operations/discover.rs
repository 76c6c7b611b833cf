//! `discover`: what could be a target, and what else has piled up.

#[path = "discover/organization.rs"]
mod organization;

use std::io::Write;

use serde_json::{Value, json};
use tests::{Scene, Target};

use organization::Organization;

fn everything() -> Value {
    json!({"operation": "discover", "secret_prefixes": ["/", "team-", "keywheel/"]})
}

/// Nothing but reading.
fn assert_only_read(scene: &Scene, since: usize) {
    for entry in scene.requests_since(since) {
        let reads = match entry.service.as_str() {
            "confluent" => entry.operation.starts_with("GET "),
            "secretsmanager" => ["ListSecrets", "GetSecretValue"].contains(&&*entry.operation),
            "ssm" => entry.operation == "GetParametersByPath",
            _ => false,
        };
        assert!(reads, "{entry:?}");
    }
}

fn count(discovered: &Value, list: &str) -> usize {
    let counted = discovered["counts"][list].as_u64().unwrap();
    let counted = usize::try_from(counted).unwrap();
    if let Some(list) = discovered[list].as_array() {
        assert_eq!(counted, list.len());
    }
    counted
}

#[tokio::test]
async fn of_an_organization_with_a_thousand_keys_nearly_every_target_is_proposed_and_none_wrong() {
    let scene = Scene::start().await;
    let organization = Organization::new();
    organization.settle(&scene).await;
    let (world, stores) = (
        scene.cloud.controls.emulator().world(),
        scene.cloud.controls.stores().await.unwrap(),
    );
    let before = scene.request_count();
    let report = scene.ask(everything()).await;
    assert_only_read(&scene, before);
    assert_eq!(scene.cloud.controls.emulator().world(), world);
    assert_eq!(scene.cloud.controls.stores().await.unwrap(), stores);
    assert!(report.to_string().len() < 5_000_000);

    let discovered = &report["discovered"];
    assert_eq!(world["service_accounts"].as_array().unwrap().len(), 400);
    assert_eq!(count(discovered, "api_keys"), 1000);
    assert_eq!(count(discovered, "secrets"), 600);
    let proposals = discovered["proposals"].as_array().unwrap();
    let expected: Vec<_> = organization
        .services
        .iter()
        .filter(|service| !service.managed)
        .collect();
    let mut right = 0;
    for proposal in proposals {
        let of_key =
            |service: &&&organization::Service| proposal["api_key"] == service.key.as_str();
        let service = expected.iter().find(of_key);
        let service = service.unwrap_or_else(|| panic!("wrong: {proposal:#}"));
        assert!(service.is(&proposal["target"]), "wrong: {proposal:#}");
        right += 1;
    }
    let share = 100.0 * f64::from(right) / expected.len() as f64;
    writeln!(
        std::io::stdout(),
        "discover: {right} of {} targets proposed ({share:.1} %), 0 wrong, {} bytes; counts {}",
        expected.len(),
        report.to_string().len(),
        discovered["counts"],
    )
    .unwrap();
    assert!(share >= 95.0, "{share} %");

    let managed = organization.services.len() - expected.len();
    assert_eq!(count(discovered, "managed"), managed);
    assert_eq!(count(discovered, "gone"), 8);
    // The administrator's Cloud API key, with which this was asked, is the seventh.
    assert_eq!(count(discovered, "of_users"), 7);
    assert_eq!(count(discovered, "without_key"), 10);
    assert_eq!(count(discovered, "unreadable"), 0);
    assert_eq!(count(discovered, "not_proposed"), 4);
    assert_eq!(
        count(discovered, "shared"),
        5 + expected.len() - proposals.len()
    );
    assert!(count(discovered, "unheld") > 500);

    // Whoever writes one has a target that a sweep takes, and is not told of it again.
    let written: Vec<_> = proposals.iter().step_by(8).collect();
    for proposal in &written {
        let parameter = proposal["parameter"].as_str().unwrap();
        let target = proposal["target"].to_string();
        let put = scene.cloud.aws.put_parameter(parameter, &target);
        put.await.unwrap();
    }
    let plan = scene.ask(json!({"operation": "plan"})).await;
    let kept = written.len() + managed;
    assert_eq!(plan["counts"]["kept"], kept, "{:#}", plan["counts"]);
    let again = scene.ask(everything()).await;
    let left = proposals.len() - written.len();
    assert_eq!(count(&again["discovered"], "proposals"), left);
    assert_eq!(count(&again["discovered"], "managed"), kept);
}

/// A target with its secret, and a secret beside it with a key of its own.
async fn two_keys(scene: &Scene) -> (String, String) {
    let (one, other) = (Target::plain("orders"), Target::plain("payments/orders"));
    let held = scene.add_with_foreign_key(&one, 1).await;
    let free = scene.add_with_foreign_key(&other, 1).await;
    scene
        .cloud
        .aws
        .delete_parameter("/keywheel/targets/payments/orders")
        .await
        .unwrap();
    (held, free)
}

#[tokio::test]
async fn the_text_names_what_is_proposed_and_what_is_managed() {
    let scene = Scene::start().await;
    let (held, free) = two_keys(&scene).await;
    let mut event = everything();
    event["output"] = "text".into();
    let text = scene.ask(event).await;
    let text = text.as_str().unwrap();
    let proposed =
        format!("  /keywheel/targets/payments/orders (API key {free})\n    {{\"owner\":");
    assert!(text.contains(&proposed), "{text}");
    assert!(
        text.contains(&format!(
            "\nkeys of targets that exist: 1\n  {held} of sa-12mgdv"
        )),
        "{text}"
    );
}

#[tokio::test]
async fn a_prefix_that_matches_nothing_is_told_and_every_key_is_unheld() {
    let scene = Scene::start().await;
    let (held, free) = two_keys(&scene).await;
    let report = scene
        .ask(json!({"operation": "discover", "secret_prefixes": ["/nowhere", "!"]}))
        .await;
    let warnings = report["warnings"].to_string();
    assert!(
        warnings.contains("no secret whose name begins with `/nowhere`"),
        "{warnings}"
    );
    assert!(
        warnings.contains("no secret whose name begins with `!`"),
        "{warnings}"
    );
    let discovered = &report["discovered"];
    // What a target or Keywheel itself holds is known wherever it is.
    assert_eq!(discovered["managed"][0]["api_key"], held.as_str());
    assert_eq!(discovered["unheld"][0]["api_key"], free.as_str());
    assert_eq!(count(discovered, "unheld"), 1);
    assert_eq!(
        discovered["of_users"][0]["secrets"][0],
        "keywheel/confluent-cloud-api-key"
    );
}

#[tokio::test]
async fn a_listing_that_stops_half_way_or_is_refused_fails_the_operation() {
    let scene = Scene::start().await;
    two_keys(&scene).await;
    let many: Vec<_> = (0..120).map(|_| json!({"owner": "sa-12mgdv"})).collect();
    scene
        .cloud
        .controls
        .emulator()
        .add(json!({"api_keys": many}))
        .unwrap();
    for (service, operation, nth, kind) in [
        ("confluent", "GET /iam/v2/api-keys", 2, "ConfluentForbidden"),
        (
            "confluent",
            // The first is the sign-in with the Cloud API key.
            "GET /org/v2/environments",
            2,
            "ConfluentForbidden",
        ),
        (
            "confluent",
            "GET /srcm/v3/clusters",
            1,
            "ConfluentForbidden",
        ),
        ("secretsmanager", "ListSecrets", 2, "SecretsManagerFailed"),
        ("ssm", "GetParametersByPath", 1, "ParameterStoreFailed"),
    ] {
        let mut fault =
            json!({"service": service, "operation": operation, "nth": nth, "effect": "status"});
        if service == "confluent" {
            fault["status"] = 403.into();
        } else {
            fault["status"] = 400.into();
            fault["code"] = "AccessDeniedException".into();
        }
        scene.cloud.controls.post_faults(json!([fault])).unwrap();
        let done = scene.invoke(everything()).await;
        let error = done
            .error
            .unwrap_or_else(|| panic!("{operation}: {:#}", done.answer));
        assert_eq!(error.error_type, kind, "{operation}: {}", error.message);
        scene.cloud.controls.clear_faults();
    }
}

#[tokio::test]
async fn a_secret_that_may_not_be_read_is_told_and_the_others_are_looked_at() {
    let scene = Scene::start().await;
    let (_, free) = two_keys(&scene).await;
    // The first is Keywheel's own, at the beginning.
    let denied = json!([{"service": "secretsmanager", "operation": "GetSecretValue", "nth": 2,
        "effect": "status", "status": 400, "code": "AccessDeniedException"}]);
    scene.cloud.controls.post_faults(denied).unwrap();
    let event = json!({"operation": "discover", "secret_prefixes": ["/"], "dry_run": true});
    let report = scene.ask(event).await;
    let discovered = &report["discovered"];
    assert_eq!(count(discovered, "unreadable"), 1);
    let reason = discovered["unreadable"][0]["reason"].to_string();
    assert!(reason.contains("AccessDeniedException"), "{reason}");
    let warnings = report["warnings"].to_string();
    assert!(
        warnings.contains("1 secrets could not be read"),
        "{warnings}"
    );
    let known = count(discovered, "managed") + count(discovered, "proposals");
    assert!(known >= 1, "{discovered:#}, {free}");
}
