//! Every operation where something is wrong: it says so, loses nothing, and makes and deletes nothing that it should not.

use std::collections::BTreeSet;

use futures_util::future::join;
use local_cloud::cloud::Invocation;
use serde_json::{Value, json};
use tests::{
    Scene, Target, assert_no_key_is_lost,
    scenes::{
        login,
        target::{ENVIRONMENT, KAFKA, ORDERS},
    },
    stage,
};

#[path = "bad_input/situation.rs"]
mod situation;

use situation::Situation::{self, *};

/// Each operation; `revoke` is of the current key.
const OPERATIONS: [&str; 9] = [
    "plan", "sweep", "rotate", "rollback", "retire", "hold", "adopt", "release", "revoke",
];

/// What an operation comes to.
#[derive(Debug, Clone, Copy)]
enum End {
    /// It fails with this kind, and a message that has this in it.
    Fails(&'static str, &'static str),
    /// The target has this status, and a summary that has this in it.
    Says(&'static str, &'static str),
    /// It succeeds with nothing but a warning that has this in it.
    Warns(&'static str),
}
use End::{Fails, Says, Warns};

/// The operations that end so, and how many keys they make and delete.
#[derive(Clone, Copy)]
struct Row(&'static [&'static str], End, Change);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Change {
    made: usize,
    deleted: usize,
}

const NOTHING: Change = change(0, 0);

const fn change(made: usize, deleted: usize) -> Change {
    Change { made, deleted }
}

const HELD: Row = Row(
    &["hold"],
    Says("on_hold", "on hold until told otherwise"),
    NOTHING,
);

fn event(operation: &str, current: &str) -> Value {
    match operation {
        "sweep" => json!({}),
        "plan" => json!({"operation": "plan"}),
        "revoke" => json!({"operation": "revoke", "api_keys": [current]}),
        operation => json!({"operation": operation, "targets": ["sales/orders"]}),
    }
}

/// A target of a team with a grant: two keys, of which the older may be retired; the id of the current one.
async fn staged() -> (Scene, Target, String) {
    let settings = [("GRANTS_PATH", "/keywheel/grants"), ("SETTLE_SECONDS", "6")];
    let scene = Scene::with(&settings).await;
    let grant = json!({"owners": [ORDERS], "environments": [ENVIRONMENT], "kinds": ["kafka"], "secrets": ["/sales/*"]});
    let (aws, name) = (&scene.cloud.aws, "/keywheel/grants/sales");
    aws.put_parameter(name, &grant.to_string()).await.unwrap();
    let room = json!({"clusters": [{"id": KAFKA, "max_api_keys": 2000}],
        "service_accounts": [{"id": ORDERS, "max_api_keys": 2000}]});
    scene.cloud.controls.emulator().add(room).unwrap();
    let target = Target::with_a_copy("sales/orders").with("/retire_after_days", json!(1));
    stage::fill(&scene, &target).await;
    stage::rotate_by_hand(&scene, &target).await;
    scene.age(2.0).await;
    let current = scene.stores().await.current_key(target.primary()).unwrap();
    (scene, target, current)
}

/// The keys that live.
fn keys(scene: &Scene) -> BTreeSet<String> {
    let world = scene.cloud.controls.emulator().world();
    let keys = world["api_keys"].as_array().unwrap().iter();
    let live = keys.filter(|key| key["state"] != "deleted");
    live.map(|key| key["id"].as_str().unwrap().to_owned())
        .collect()
}

/// The secrets whose key signs in.
async fn working(scene: &Scene) -> BTreeSet<String> {
    let stores = scene.stores().await;
    let emulator = scene.cloud.controls.emulator();
    let names = stores.secrets().iter().filter_map(|secret| {
        let name = secret["name"].as_str()?;
        let (key, secret) = login::read(stores.text(name)?)?;
        emulator
            .may_sign_in(KAFKA, &key, &secret)
            .then(|| name.to_owned())
    });
    names.collect()
}

fn told(done: &Invocation) -> String {
    match &done.error {
        Some(error) => format!("{}: {}", error.error_type, error.message),
        None => {
            let targets = &done.answer["targets"];
            let (status, summary) = (&targets[0]["status"], &targets[0]["summary"]);
            format!("{status}: {summary}; {}", done.answer["warnings"])
        }
    }
}

fn ended(done: &Invocation, end: End) -> bool {
    let text = |value: &Value, part: &str| value.as_str().is_some_and(|text| text.contains(part));
    let targets = done.answer["targets"].as_array();
    match (end, &done.error) {
        (Fails(kind, part), Some(error)) => {
            error.error_type == kind && error.message.contains(part)
        }
        (Says(status, part), None) => targets.is_some_and(|targets| {
            targets.len() == 1
                && targets[0]["status"] == status
                && text(&targets[0]["summary"], part)
        }),
        (Warns(part), None) => {
            targets.is_some_and(Vec::is_empty) && text(&done.answer["warnings"][0], part)
        }
        _ => false,
    }
}

/// Plays every operation in each situation; all that is not as the rows say is told at once.
async fn plays(table: &[(Situation, &[Row])]) {
    let (scene, target, current) = staged().await;
    let saved = scene.cloud.controls.save().await.unwrap();
    let mut wrong = Vec::new();
    for (situation, rows) in table {
        for operation in OPERATIONS {
            let mut found = rows.iter().filter(|row| row.0.contains(&operation));
            let (Some(Row(_, end, change)), None) = (found.next(), found.next()) else {
                panic!("{situation:?} has not one row of {operation}");
            };
            scene.cloud.controls.clear_faults();
            scene.cloud.controls.restore(&saved).await.unwrap();
            situation.arrange(&scene, &target).await;
            let (keys_before, working_before) = (keys(&scene), working(&scene).await);
            let invoked = scene.invoke(event(operation, &current));
            let meanwhile = situation.meanwhile(&scene, &target, operation);
            let (done, ()) = join(invoked, meanwhile).await;
            let after = keys(&scene);
            let changed = Change {
                made: after.difference(&keys_before).count(),
                deleted: keys_before.difference(&after).count(),
            };
            if !ended(&done, *end) || changed != *change {
                wrong.push(format!(
                    "{situation:?}, {operation}: {changed:?}, {}",
                    told(&done)
                ));
            }
            let working = working(&scene).await;
            let lost: Vec<_> = working_before.difference(&working).collect();
            if !lost.is_empty() {
                wrong.push(format!("{situation:?}, {operation}: {lost:?} work no more"));
            }
            assert_no_key_is_lost(&scene).await;
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What is read once counts: a parameter that goes away afterwards changes nothing, and loses nothing.
fn as_usual() -> [Row; 9] {
    [
        Row(&["plan"], Says("kept", "would retire"), NOTHING),
        Row(&["sweep"], Says("retired", "retire"), change(0, 1)),
        Row(&["rotate"], Says("rotated", "(by hand)"), change(1, 0)),
        Row(&["rollback"], Says("published", "rollback"), NOTHING),
        Row(&["retire"], Says("retired", "retire"), change(0, 1)),
        HELD,
        Row(&["adopt"], Says("kept", "already"), NOTHING),
        Row(&["release"], Says("kept", "release"), NOTHING),
        Row(&["revoke"], Says("rotated", "is refused at"), change(1, 1)),
    ]
}

fn as_usual_but(others: &[&str]) -> impl Iterator<Item = Row> {
    let rows = as_usual().into_iter();
    rows.filter(|row| !others.contains(&row.0[0]))
}

#[tokio::test]
async fn what_happens_to_a_targets_parameter_loses_no_key() {
    let refused = "field `day_count`: invalid type";
    let mend = "is of target `sales/orders`, which is refused";
    let of_refused = Row(&["revoke"], Fails("TargetsFailed", mend), NOTHING);
    let gone = [
        Row(
            &["plan", "sweep"],
            Warns("there is no target below `/keywheel/targets`"),
            NOTHING,
        ),
        Row(
            &["rotate", "rollback", "retire", "hold", "adopt", "release"],
            Fails("EventRefused", "no target matches `sales/orders`"),
            NOTHING,
        ),
        Row(&["revoke"], Fails("TargetsFailed", "unmanaged"), NOTHING),
    ];
    let broken = [
        Row(&["plan"], Says("refused", refused), NOTHING),
        Row(
            &["sweep", "rotate", "rollback", "retire", "adopt", "release"],
            Fails("TargetsFailed", refused),
            NOTHING,
        ),
        HELD,
        of_refused,
    ];
    let no_grant = "team `sales` has no grant";
    let ungranted = [
        Row(&["plan"], Says("refused", no_grant), NOTHING),
        Row(
            &["sweep", "rotate", "rollback", "retire", "adopt", "release"],
            Fails("TargetsFailed", no_grant),
            NOTHING,
        ),
        HELD,
        of_refused,
    ];
    plays(&[
        (Vanishes, &as_usual()),
        (Vanished, &gone),
        (Broken, &broken),
        (Ungranted, &ungranted),
    ])
    .await;
}

#[tokio::test]
async fn what_is_deleted_meanwhile_is_told_by_its_name() {
    let no_account = "there is no service account or user 'sa-12mgdv'";
    let owner = [
        Row(&["plan"], Says("kept", "would rotate (drift"), NOTHING),
        Row(
            &["sweep", "rotate", "retire"],
            Fails("TargetsFailed", no_account),
            NOTHING,
        ),
        Row(
            &["rollback"],
            Fails("TargetsFailed", "no former key of secret"),
            NOTHING,
        ),
        HELD,
        Row(
            &["adopt"],
            Fails("TargetsFailed", "current key not visible"),
            NOTHING,
        ),
        Row(&["release"], Says("kept", "nothing to do"), NOTHING),
        Row(&["revoke"], Warns("is gone, or may not be seen"), NOTHING),
    ];
    let not_visible = "gone by its id, no endpoint to try it at";
    let cluster = [
        Row(&["plan"], Says("failed", not_visible), NOTHING),
        Row(
            &["sweep", "rotate", "rollback", "retire", "adopt", "release"],
            Fails("TargetsFailed", not_visible),
            NOTHING,
        ),
        HELD,
        Row(&["revoke"], Warns("is gone, or may not be seen"), NOTHING),
    ];
    let missing = |secret: &'static str| {
        [
            Row(&["plan"], Says("refused", secret), NOTHING),
            Row(
                &[
                    "sweep", "rotate", "rollback", "retire", "adopt", "release", "revoke",
                ],
                Fails("TargetsFailed", secret),
                NOTHING,
            ),
            HELD,
        ]
    };
    let primary = missing("secret `/sales/orders/kafka_cluster/java_client` does not exist");
    let copy = missing("secret `/sales/orders/kafka_cluster/python_client` does not exist");
    plays(&[
        (OwnerGone, &owner),
        (ClusterGone, &cluster),
        (SecretGone, &primary),
        (CopyGone, &copy),
    ])
    .await;
}

#[tokio::test]
async fn what_people_write_over_secrets_and_markers_is_no_reason_to_delete() {
    let restores = "the value in AWSCURRENT holds no key, an earlier version's key signs in";
    let placeholder = [
        Row(&["plan"], Says("kept", restores), NOTHING),
        Row(&["sweep", "retire"], Says("kept", restores), NOTHING),
        Row(&["rotate"], Says("rotated", restores), change(1, 0)),
        Row(&["rollback"], Says("published", "rollback"), NOTHING),
        HELD,
        Row(
            &["adopt", "revoke"],
            Fails("TargetsFailed", "holds no API key in AWSCURRENT"),
            NOTHING,
        ),
        Row(&["release"], Says("kept", "release"), NOTHING),
    ];
    let foreign = || {
        [
            Row(
                &["plan", "sweep", "retire", "release"],
                Says("kept", "nothing to do"),
                NOTHING,
            ),
            Row(&["rotate"], Says("rotated", "(by hand)"), change(1, 0)),
            Row(
                &["rollback"],
                Fails("TargetsFailed", "no former key of secret"),
                NOTHING,
            ),
            HELD,
            Row(
                &["revoke"],
                Fails("TargetsFailed", "carries no marker of a target"),
                NOTHING,
            ),
        ]
    };
    let adopted = Row(&["adopt"], Says("kept", "adopt"), NOTHING);
    let another = Fails("TargetsFailed", "belongs to another target or deployment");
    let another = Row(&["adopt"], another, NOTHING);
    let with = |row: Row| foreign().into_iter().chain([row]).collect::<Vec<_>>();
    plays(&[
        (Placeholder, &placeholder),
        (MarkersEdited, &with(adopted)),
        (OtherDeployment, &with(another)),
    ])
    .await;
}

#[tokio::test]
async fn a_listing_that_cannot_be_trusted_and_a_clock_that_jumped_delete_nothing() {
    let fails = |sentence: &'static str| {
        [
            Row(&["plan"], Says("failed", sentence), NOTHING),
            Row(
                &["sweep", "rotate", "rollback", "retire", "adopt", "release"],
                Fails("TargetsFailed", sentence),
                NOTHING,
            ),
            HELD,
        ]
    };
    let listing = "could not list the API keys of `sa-12mgdv`: 403";
    let revoke = Row(&["revoke"], Fails("TargetsFailed", listing), NOTHING);
    let half: Vec<_> = fails(listing).into_iter().chain([revoke]).collect();
    let revoke = Row(&["revoke"], Warns("is gone, or may not be seen"), NOTHING);
    let anchor = fails("current key not visible");
    let anchor: Vec<_> = anchor.into_iter().chain([revoke]).collect();
    let ahead = "its `published` note is unreadable or lies in the future";
    // Even Secrets Manager's own dates lie ahead: what it puts now is older than what was there.
    let edited = Fails("TargetsFailed", "was edited after version");
    let back = [
        Row(&["plan", "sweep", "retire"], Says("kept", ahead), NOTHING),
        Row(&["rotate", "revoke"], edited, change(1, 0)),
    ];
    let back: Vec<_> = back
        .into_iter()
        .chain(as_usual_but(&[
            "plan", "sweep", "retire", "rotate", "revoke",
        ]))
        .collect();
    let overdue = [
        Row(
            &["plan"],
            Says("kept", "would rotate (367 of 30 days old)"),
            NOTHING,
        ),
        Row(
            &["sweep"],
            Says("rotated", "367 of 30 days old"),
            change(1, 0),
        ),
    ];
    let overdue: Vec<_> = overdue
        .into_iter()
        .chain(as_usual_but(&["plan", "sweep"]))
        .collect();
    plays(&[
        (HalfAListing, &half),
        (NoAnchor, &anchor),
        (ClockBack, &back),
        (ClockAhead, &overdue),
    ])
    .await;
}

#[tokio::test]
async fn an_event_that_names_nothing_that_is_there_is_refused_by_every_operation() {
    let (scene, _, current) = staged().await;
    let before = keys(&scene);
    let lists = [
        (json!(["none"]), "no target matches `none`"),
        (
            json!(["sales/orders", "sales/none*"]),
            "no target matches `sales/none*`",
        ),
        (
            json!(["*/orders"]),
            "`*/orders` is neither a target's name nor a prefix",
        ),
        (json!([""]), "`` is neither a target's name nor a prefix"),
        (json!([]), "needs `targets`, a list that is not empty"),
    ];
    for operation in OPERATIONS {
        for (targets, reason) in &lists {
            let reason = match operation {
                "revoke" => "`targets` does not belong to operation `revoke`",
                _ => reason,
            };
            let mut event = event(operation, &current);
            event["targets"] = targets.clone();
            let error = scene.invoke(event).await.error.unwrap();
            assert_eq!(error.error_type, "EventRefused");
            assert!(
                error.message.contains(reason),
                "{operation}: {}",
                error.message
            );
        }
    }
    assert_eq!(keys(&scene), before);
}

#[tokio::test]
async fn a_key_that_is_nobodys_or_none_is_not_revoked() {
    let (scene, target, _) = staged().await;
    let (foreign, _) = scene.foreign_key(&target, 3);
    let before = keys(&scene);
    for (ids, end) in [
        (
            json!([]),
            Fails("EventRefused", "`api_keys`, a list that is not empty"),
        ),
        (
            json!(["KEY:SECRET"]),
            Fails("EventRefused", "expected the id of an API key"),
        ),
        (json!(["NOSUCHKEY"]), Warns("API key `NOSUCHKEY` is gone")),
        (
            json!([foreign]),
            Fails("TargetsFailed", "`\"unmanaged\": true`"),
        ),
    ] {
        let event = json!({"operation": "revoke", "api_keys": ids});
        let done = scene.invoke(event).await;
        assert!(ended(&done, end), "{end:?}: {}", told(&done));
    }
    let event = json!({"operation": "revoke", "owner": "sa-nobody"});
    let done = scene.invoke(event).await;
    let end = Warns("`sa-nobody` has no API key that may be seen");
    assert!(ended(&done, end), "{end:?}: {}", told(&done));
    assert_eq!(keys(&scene), before);
}

#[tokio::test]
async fn the_current_key_of_a_refused_target_is_revoked_only_if_the_outage_is_accepted() {
    let (scene, target, current) = staged().await;
    let broken = target.with("/day_count", json!("soon"));
    scene.put(&broken).await;
    let mut event = json!({"operation": "revoke", "api_keys": [current], "unmanaged": true});
    let message = scene.refused(event.clone()).await;
    assert!(
        message.contains("`\"unmanaged\": true` with `\"delete_first\": true`"),
        "{message}"
    );
    assert!(keys(&scene).contains(&current));
    event["delete_first"] = true.into();
    scene.ask(event).await;
    assert!(!keys(&scene).contains(&current));
}
