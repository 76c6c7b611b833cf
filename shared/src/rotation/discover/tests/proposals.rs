//! What is proposed, under which name, and what is not.

use insta::assert_snapshot;

use super::*;

#[test]
fn related_secrets_that_hold_one_key_are_a_target_whose_primary_has_the_first_format() {
    let discovered = Scene::new()
        .key(K1, "sa-1", "LKC-1")
        .secret("/payments/orders/event_source", &event_source(K1))
        .secret(
            "/payments/orders/kafka_cluster/python_client",
            &librdkafka(K1),
        )
        .secret("/payments/orders/kafka_cluster/java_client", &java(K1))
        .discovered();
    let [proposal] = &discovered.proposals[..] else {
        panic!("{discovered:#?}")
    };
    assert_eq!(proposal.name, "payments/orders");
    assert_eq!(proposal.api_key, K1);
    assert_eq!(proposal.created, "2026-01-02T03:04:05Z");
    assert_eq!(
        proposal.target,
        json!({
            "owner": "sa-1",
            "resource": {"id": "lkc-1", "environment": "env-1"},
            "secret": {"name": "/payments/orders/kafka_cluster/java_client", "formats": ["java"]},
            "copies": [
                {"name": "/payments/orders/kafka_cluster/python_client", "formats": ["librdkafka"]},
                {"name": "/payments/orders/event_source", "formats": ["event_source"]},
            ],
            "probe": "rest",
        })
    );
}

#[test]
fn every_kind_is_proposed_in_its_most_specific_format() {
    let info = format!("{K1}:S");
    for (resource, text, format) in [
        (
            "lsrc-1",
            json!({"basic.auth.user.info": info}),
            "schema_registry_java",
        ),
        (
            "lsrc-1",
            json!({"basic.auth.user.info": info, "schema.registry.url": "u"}),
            "schema_registry_java",
        ),
        (
            "lsrc-1",
            json!({"basic.auth.user.info": info, "url": "u"}),
            "schema_registry_python",
        ),
        (
            "lsrc-1",
            json!({"schema.registry.basic.auth.user.info": info, "schema.registry.url": "u"}),
            "schema_registry_java_prefixed",
        ),
        (
            "lsrc-1",
            json!({"username": K1, "password": "S"}),
            "event_source",
        ),
        (
            "lkc-1",
            json!({"username": K1, "password": "S", "note": "x"}),
            "event_source",
        ),
        (
            "lkc-1",
            json!({"sasl.username": K1, "sasl.password": "S"}),
            "librdkafka",
        ),
        (
            "cloud",
            json!({"api_key": K1, "api_secret": "S"}),
            "cloud_api_key",
        ),
        (
            "cloud",
            json!({"apiKey": K1, "apiSecret": "S", "serviceAccountId": "sa-1"}),
            "confluent_cloud_api_key",
        ),
    ] {
        let scene = Scene::new()
            .key(K1, "sa-1", resource)
            .secret("/payments/orders/app", &text.to_string());
        let discovered = scene.discovered();
        assert_eq!(names(&discovered), ["payments/orders"], "{text}");
        let target = &discovered.proposals[0].target;
        assert_eq!(target["secret"]["formats"], json!([format]), "{text}");
        assert_eq!(target["resource"]["id"], resource);
    }
}

#[test]
fn names_are_the_folder_of_the_secrets_and_are_told_apart() {
    let scene = Scene::new()
        .key(K1, "sa-1", "lkc-1")
        .key(K2, "sa-1", "lsrc-1")
        .key(K3, "sa-1", "lkc-2");
    // A folder with two kinds, and one with two of a kind.
    let two_kinds = scene
        .secret("/payments/orders/java", &java(K1))
        .secret("/payments/orders/registry", &registry(K2))
        .secret("Flat.Name@Home", &java(K3));
    assert_eq!(
        names(&two_kinds.discovered()),
        [
            "flat-name-home",
            "payments/orders/kafka",
            "payments/orders/schema_registry"
        ]
    );
    let alike = Scene::new()
        .key(K1, "sa-1", "lkc-1")
        .key(K2, "sa-1", "lkc-1")
        .key(K3, "sa-2", "lkc-1")
        .target("payments/orders/producer", &[])
        .secret("/payments/orders/consumer", &java(K1))
        .secret("/payments/orders/producer", &java(K2))
        .secret("/payments/one", &java(K3));
    assert_eq!(
        names(&alike.discovered()),
        [
            "payments/kafka",
            "payments/orders/consumer",
            "payments/orders/producer-2"
        ]
    );
    let long = format!("/payments/{}/java", "x".repeat(80));
    let long = Scene::new()
        .key(K1, "sa-1", "lkc-1")
        .secret(&long, &java(K1));
    assert_eq!(names(&long.discovered())[0].len(), 58);
}

#[test]
fn a_tag_or_the_marker_of_a_lost_target_gives_the_name() {
    let tagged = |name: &str| {
        let name = name.to_owned();
        move |seen: &mut Seen| {
            seen.listed.tags.insert("keywheel:target".into(), name);
        }
    };
    let scene = || {
        Scene::new()
            .key(K1, "sa-1", "lkc-1")
            .secret("/payments/orders/java", &java(K1))
    };
    let discovered = scene().but(tagged("sales/orders")).discovered();
    assert_eq!(names(&discovered), ["sales/orders"]);
    let marker = "keywheel/123456789012.us-east-1.default target=old/name token=t run=12345678";
    let stray = Scene::new()
        .described(K1, "sa-1", "lkc-1", marker)
        .secret("/payments/orders/java", &java(K1))
        .discovered();
    assert_eq!(names(&stray), ["old/name"]);

    assert_snapshot!(scene().but(tagged("No Name")).reason(), @"the tag `keywheel:target` says `No Name`, which is no target's name");
    assert_snapshot!(scene().but(tagged("a/b")).target("a/b", &[]).reason(), @"the tag `keywheel:target` says target `a/b`, which has other secrets");
    let two = scene()
        .but(tagged("a/b"))
        .secret("/payments/orders/copy", &java(K1))
        .but(tagged("a/c"));
    assert_snapshot!(two.reason(), @"the tags `keywheel:target` of its secrets name several targets");
    let twice = scene()
        .but(tagged("a/b"))
        .key(K2, "sa-1", "lkc-1")
        .secret("/payments/other/java", &java(K2))
        .but(tagged("a/b"))
        .discovered();
    assert_eq!(twice.counts.not_proposed, 2);
    assert_snapshot!(twice.not_proposed[0].reason.as_ref().unwrap(), @"target `a/b`, as its tag or marker says, would have another key as well");
}

#[test]
fn what_a_target_could_not_keep_whole_is_told_with_its_reason() {
    let scene = |resource: &str, text: &str| {
        Scene::new()
            .key(K1, "sa-1", resource)
            .key(K2, "u-1", "lkc-1")
            .secret("/payments/orders/app", text)
    };
    let kafka = |text: &str| scene("lkc-1", text).reason();
    let beside = json!({"username": K1, "password": "S", "KAFKA_PASS": "S"});
    assert_snapshot!(kafka(&beside.to_string()), @"secret `/payments/orders/app` holds it outside the fields of format `event_source` as well, where the old key would stay");
    let two_formats =
        json!({"sasl.username": K1, "sasl.password": "S", "username": K1, "password": "S"});
    assert_snapshot!(kafka(&two_formats.to_string()), @"secret `/payments/orders/app` holds it outside the fields of format `librdkafka` as well, where the old key would stay");
    let two_keys = json!({"sasl.username": K1, "sasl.password": "S", "basic.auth.user.info": format!("{K2}:S")});
    assert_snapshot!(kafka(&two_keys.to_string()), @"secret `/payments/orders/app` holds API key `AAAAAAAAAAAAAAA2` as well, and a secret belongs to one target");
    let two_keys =
        json!({"sasl.username": K1, "sasl.password": "S", "other": format!("x\n{K2}:S")});
    assert_snapshot!(kafka(&two_keys.to_string()), @"secret `/payments/orders/app` holds API key `AAAAAAAAAAAAAAA2` as well, and a secret belongs to one target");
    assert_snapshot!(kafka(&format!("export KAFKA_KEY={K1}")), @"secret `/payments/orders/app` holds it where no known format keeps a key, and would be left with the old one");
    assert_snapshot!(kafka(&registry(K1)), @"secret `/payments/orders/app` holds it in no format for a key of kind `kafka`");
    assert_snapshot!(scene("lkc-gone", &java(K1)).reason(), @"no environment has cluster `lkc-gone`");
    assert_snapshot!(scene("aws.us-east-1", &java(K1)).reason(), @"resource: resource kind `flink` of `aws.us-east-1` is not built yet");

    let with = |change: fn(&mut Seen)| scene("lkc-1", &java(K1)).but(change).reason();
    assert_snapshot!(with(|seen| seen.listed.primary_region = Some("eu-west-1".into())), @"secret `/payments/orders/app` is a replica of the one in `eu-west-1`");
    assert_snapshot!(with(|seen| seen.listed.owning_service = Some("rds".into())), @"secret `/payments/orders/app` belongs to the service `rds`");
    let other = "keywheel/123456789012.us-east-1.other target=a token=t run=12345678";
    let other = Scene::new()
        .described(K1, "sa-1", "lkc-1", other)
        .secret("/a/b", &java(K1));
    assert_snapshot!(other.reason(), @"it carries the marker of another deployment, `123456789012.us-east-1.other`");
    let revoked = "keywheel/123456789012.us-east-1.default target=a token=t run=12345678 revoked=2026-11-25T06:05:00Z";
    let revoked = Scene::new()
        .described(K1, "sa-1", "lkc-1", revoked)
        .secret("/a/b", &java(K1));
    assert_snapshot!(revoked.reason(), @"it is being revoked");
    let pool = Scene::new()
        .key(K1, "pool-1", "lkc-1")
        .secret("/a/b", &java(K1));
    assert_snapshot!(pool.reason(), @"owner: expected an id that begins with `sa-` or `u-`, but got `pool-1`");
}

#[test]
fn a_secret_that_rotates_is_the_primary_and_two_are_too_many() {
    let rotates = |seen: &mut Seen| seen.listed.rotates = true;
    let scene = Scene::new()
        .key(K1, "sa-1", "lkc-1")
        .secret("/payments/orders/java", &java(K1))
        .secret("/payments/orders/python", &librdkafka(K1))
        .but(rotates);
    let discovered = scene.discovered();
    let proposal = &discovered.proposals[0];
    assert_eq!(proposal.target["secret"]["formats"], json!(["librdkafka"]));
    assert_snapshot!(proposal.warnings.join("\n"), @"Secrets Manager rotates secret `/payments/orders/python`: make `secret-rotation` its function, or end that");
    let both = scene
        .secret("/payments/orders/third", &java(K1))
        .but(rotates);
    assert_snapshot!(both.reason(), @"Secrets Manager rotates more than one of its secrets");
}

#[test]
fn an_unreadable_secret_in_the_same_folder_is_a_warning() {
    let scene = Scene::new()
        .key(K1, "sa-1", "lkc-1")
        .secret("/payments/orders/java", &java(K1))
        .unreadable("/payments/orders/python")
        .unreadable("/sales/orders/python");
    let discovered = scene.discovered();
    assert_snapshot!(discovered.proposals[0].warnings.join("\n"), @"secret `/payments/orders/python` could not be read, and may hold the key too");
    assert_eq!(discovered.counts.unreadable, 2);
}
