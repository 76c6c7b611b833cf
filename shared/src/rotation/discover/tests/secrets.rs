//! Secrets without a living key, and what is never said of them.

use insta::assert_snapshot;

use super::*;

#[test]
fn a_secret_whose_key_is_gone_is_told_with_the_key_and_its_target() {
    let discovered = Scene::new()
        .secret("/a/b/java", &java(GONE))
        .secret("/a/c/source", &event_source(GONE))
        .target("a/c", &["/a/c/source"])
        .discovered();
    let [first, second] = &discovered.gone[..] else {
        panic!("{discovered:#?}")
    };
    assert_eq!((&*first.secret, &*first.api_keys[0]), ("/a/b/java", GONE));
    assert_eq!(second.target.as_deref(), Some("a/c"));
}

#[test]
fn texts_of_others_are_told_without_a_word_of_them() {
    let scene = Scene::new().key(K1, "u-1", "lkc-1");
    let scene = [
        r#"{"username": "hunter", "password": "hunter2"}"#,
        r#"{"hunter2": 1, "hunter2": 2}"#,
        r#"{"hunter": "hunter2"}"#,
        r#"{"username": "hunter2"}"#,
        r#"{"sasl.jaas.config": "hunter2"}"#,
        r#"{"basic.auth.user.info": "a:hunter2", "schema.registry.basic.auth.user.info": "b:hunter2"}"#,
        r#"{"api_key": "a", "api_secret": "hunter2", "apiKey": "b", "apiSecret": "hunter2"}"#,
        "{}",
        "",
        "hunter2",
        "[\"hunter2\"]",
    ]
    .into_iter()
    .enumerate()
    .fold(scene, |scene, (n, text)| scene.secret(&format!("/x/{n:02}"), text));
    let discovered = scene.discovered();
    let all = serde_json::to_string(&discovered).unwrap() + &discovered.to_text();
    assert!(!all.contains("hunter"), "{all}");
    let lines = discovered.without_key.iter();
    let lines: Vec<_> = lines.map(|it| it.reason.as_deref().unwrap()).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    a user name and a password, of no API key of this organization
    a JSON object that names a field twice
    no field in which a known format keeps a key
    field `password` is missing beside `username`
    field `sasl.jaas.config` is not a JAAS line of `PlainLoginModule`
    fields `basic.auth.user.info` and `schema.registry.basic.auth.user.info` hold different keys
    the Cloud API key is there twice: as `api_key`, `api_secret` and as `apiKey`, `apiSecret`
    no key yet: `{}`
    the text is empty
    the text is not JSON (line 1, column 1)
    expected a JSON object, but the text is an array
    "#);
}

#[test]
fn a_text_that_names_a_known_key_says_so() {
    let discovered = Scene::new()
        .key(K1, "u-1", "lkc-1")
        .key(K2, "sa-1", "lkc-1")
        .secret("/x/env", &format!("A={K1}\\nB={K2}"))
        .discovered();
    assert_eq!(discovered.without_key[0].api_keys, [K1, K2]);
    assert_eq!(discovered.of_users[0].secrets, ["/x/env"]);
    assert_eq!(discovered.counts.unheld, 0);
}

#[test]
fn the_summary_is_one_that_a_person_reads() {
    let marker = "keywheel/123456789012.us-east-1.default target=a/b token=t run=12345678";
    let scene = Scene::new()
        .key(K1, "sa-1", "lkc-1")
        .described(K2, "sa-1", "lkc-1", marker)
        .key(K3, "u-1", "cloud")
        .secret("/payments/orders/java", &java(K1))
        .secret("/payments/old/java", &java(GONE))
        .unreadable("/payments/orders/denied")
        .target("other", &["/other"]);
    assert_snapshot!(scene.discovered().to_text(), @r#"
    looked at: 3 API keys, 3 secrets

    proposed targets: 1
      /keywheel/targets/payments/orders (API key AAAAAAAAAAAAAAA1)
        {"owner":"sa-1","probe":"rest","resource":{"environment":"env-1","id":"lkc-1"},"secret":{"formats":["java"],"name":"/payments/orders/java"}}
        warning: secret `/payments/orders/denied` could not be read, and may hold the key too

    keys that belong to a person: 1
      AAAAAAAAAAAAAAA3 of u-1 for cloud, made 2026-01-02T03:04:05Z

    keys that no secret below the prefixes holds: 1
      AAAAAAAAAAAAAAA2 of sa-1 for lkc-1, made 2026-01-02T03:04:05Z; marked by 123456789012.us-east-1.default a/b

    secrets whose key is gone or may not be seen: 1
      /payments/old/java; API key ZZZZZZZZZZZZZZZ9

    secrets that could not be read: 1
      /payments/orders/denied: denied
    "#);
}
