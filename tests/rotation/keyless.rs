//! Without any stored key: AWS's word for the function's role, exchanged at Confluent. Experimental.

use local_cloud::emulator::sts::IDENTITY_POOL;
use serde_json::json;
use tests::{Scene, Target, Witness, scenes::target::ADMINISTRATOR};

const VOUCH: &str = "GetWebIdentityToken";
const EXCHANGE: &str = "POST /sts/v1/oauth2/token";

/// Neither the setting of a Cloud API key's secret nor such a secret is there.
async fn keyless() -> Scene {
    let settings = [
        ("CONFLUENT_AUTH", "sts"),
        ("CONFLUENT_IDENTITY_POOL_ID", IDENTITY_POOL),
        ("CONFLUENT_CLOUD_API_KEY_SECRET_ID", ""),
    ];
    Scene::with(&settings).await
}

#[tokio::test]
async fn a_key_is_rotated_by_sweep_and_callback_with_a_token_of_each_invocations_own() {
    let scene = keyless().await;
    let target = Target::plain("orders");
    scene.add(&target).await;
    let since = scene.request_count();
    let witness = Witness::of(&scene, &[&target]);
    assert_eq!(scene.sweep().await["counts"]["rotated"], 1);
    scene.age(31.0).await;
    assert_eq!(scene.sweep().await["counts"]["rotated"], 1);
    scene.rotate_secret(target.primary()).await;
    assert_eq!(scene.errors(), [""; 0]);
    // Two sweeps and four steps.
    assert_eq!(scene.count_since(since, VOUCH), 6);
    assert_eq!(scene.count_since(since, EXCHANGE), 6);
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn a_cloud_api_key_of_somebody_else_is_looked_after_without_a_canary() {
    let scene = keyless().await;
    let target = Target::cloud("terraform").with("/secret/name", "terraform/cloud".into());
    scene.add(&target).await;
    assert_eq!(target.document["owner"], ADMINISTRATOR);
    let since = scene.request_count();
    assert_eq!(scene.sweep().await["counts"]["rotated"], 1);
    assert_eq!(scene.count_since(since, "POST /iam/v2/api-keys"), 1);
}

#[tokio::test]
async fn who_vouches_for_nobody_or_takes_no_such_word_is_named() {
    let scene = keyless().await;
    scene.add(&Target::plain("orders")).await;
    for (service, operation, code, said) in [
        (
            "sts",
            VOUCH,
            "OutboundWebIdentityFederationDisabled",
            "`sts:GetWebIdentityToken` failed for audience",
        ),
        (
            "confluent",
            EXCHANGE,
            "invalid_request",
            "could not exchange the web identity for identity pool",
        ),
    ] {
        let faults = json!([{"service": service, "operation": operation, "effect": "status", "status": 400, "code": code}]);
        scene.cloud.controls.post_faults(faults).unwrap();
        let error = scene.failing_sweep().await;
        assert!(error.contains(said), "{error}");
        assert_eq!(error.lines().count(), 1);
    }
    assert_eq!(scene.sweep().await["counts"]["rotated"], 1);
}

#[tokio::test]
async fn half_a_configuration_is_refused_at_start() {
    let scene = Scene::with(&[("CONFLUENT_AUTH", "sts")]).await;
    let error = scene.failing_sweep().await;
    assert!(
        error.contains("`CONFLUENT_IDENTITY_POOL_ID` is required"),
        "{error}"
    );
}
