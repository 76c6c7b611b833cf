//! Keys that are no proposal.

use super::*;

#[test]
fn secrets_are_related_by_their_first_folder() {
    for (names, related) in [
        (["/payments/orders/java", "/payments/invoices/java"], true),
        (["/payments/java", "payments/python"], true),
        (["/payments/orders", "/sales/orders"], false),
        (["payments", "payments-2"], false),
        (["/payments", "/payments/orders"], false),
    ] {
        let scene = Scene::new()
            .key(K1, "sa-1", "lkc-1")
            .secret(names[0], &java(K1))
            .secret(names[1], &java(K1));
        let discovered = scene.discovered();
        assert_eq!(discovered.counts.proposals == 1, related, "{names:?}");
        assert_eq!(discovered.counts.shared == 1, !related, "{names:?}");
        if !related {
            assert_eq!(discovered.shared[0].secrets, names);
        }
    }
}

#[test]
fn a_key_that_nobody_holds_says_whose_it_was() {
    let marker = "keywheel/123456789012.eu-west-1.default target=a/b token=t run=12345678";
    let discovered = Scene::new()
        .key(K1, "sa-1", "lkc-1")
        .described(K2, "sa-1", "lkc-1", marker)
        .key(K3, "sa-1", "lkc-1")
        .secret("/payments/orders/java", &java(K3))
        .but(|seen| {
            seen.staged
                .push(("AWSPREVIOUS".into(), K1.parse().unwrap()));
        })
        .discovered();
    let [first, second] = &discovered.unheld[..] else {
        panic!("{discovered:#?}")
    };
    assert_eq!(first.owner.as_deref(), Some("sa-1"));
    assert_eq!(first.staged[0].secret, "/payments/orders/java");
    assert_eq!(first.staged[0].label, "AWSPREVIOUS");
    assert_eq!(
        second.marker.as_deref(),
        Some("123456789012.eu-west-1.default a/b")
    );
    assert_eq!(names(&discovered), ["payments/orders"]);
}

#[test]
fn a_key_of_a_person_is_never_proposed() {
    let discovered = Scene::new()
        .key(K1, "u-1", "lkc-1")
        .key(K2, "u-1", "cloud")
        .secret("/payments/orders/java", &java(K1))
        .discovered();
    assert_eq!(discovered.counts.of_users, 2);
    assert_eq!(discovered.of_users[0].secrets, ["/payments/orders/java"]);
    assert_eq!(discovered.of_users[1].resource, "cloud");
}

#[test]
fn a_key_of_a_target_is_not_proposed_again_and_its_other_holders_are_told() {
    let marker =
        "keywheel/123456789012.us-east-1.default target=payments/orders token=t run=12345678";
    let discovered = Scene::new()
        .key(K1, "sa-1", "lkc-1")
        .described(K2, "sa-1", "lkc-1", marker)
        .secret("/payments/orders/java", &java(K1))
        .secret("/payments/orders/forgotten", &librdkafka(K1))
        .target("payments/orders", &["/payments/orders/java"])
        .discovered();
    let [held, marked] = &discovered.managed[..] else {
        panic!("{discovered:#?}")
    };
    assert_eq!(held.targets, ["payments/orders"]);
    assert_eq!(held.secrets, ["/payments/orders/forgotten"]);
    assert_eq!(marked.targets, ["payments/orders"]);
    assert_eq!(marked.marker, None);
}

#[test]
fn more_than_fits_is_cut_and_counted_whole() {
    let mut scene = Scene::new();
    for n in 0..1000 {
        scene = scene.key(&format!("KEY{n:013}"), "sa-1", "lkc-1");
    }
    let mut discovered = scene.discovered();
    assert!(!discovered.fit_into(1_000_000));
    assert!(discovered.fit_into(50_000));
    assert!(serde_json::to_vec(&discovered).unwrap().len() <= 50_000);
    assert_eq!(discovered.counts.unheld, 1000);
    assert!(discovered.unheld.len() > 200);
}
