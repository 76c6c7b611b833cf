//! What is decided, scene by scene. A scene begins with a healthy target and changes one thing.

use std::collections::{BTreeMap, BTreeSet};

use time::macros::datetime;

use super::*;
use crate::secrets::{AWSCURRENT, AWSPENDING, AWSPREVIOUS};
use crate::{
    client_config::Document,
    confluent::{ApiKey, Credential, Endpoints},
    rotation::{
        marker::{Deployment, Marker, Note},
        observe::Restorable,
        target::SecretSpec,
        version::SecretState,
    },
    secrets::Description,
};

const NOW: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);

/// A target, what is seen of it, and what is wished.
struct Scene {
    target: Target,
    seen: Observation,
    wish: Wish,
}

fn deployment() -> Deployment {
    Deployment {
        account: "123456789012".into(),
        region: "us-east-1".into(),
        name: "default".into(),
    }
}

fn credential(id: &str) -> Credential {
    Credential {
        id: id.parse().unwrap(),
        secret: format!("secret-of-{id}").into(),
    }
}

fn endpoints() -> Endpoints {
    Endpoints::Kafka {
        bootstrap_servers: "pkc-1.example.com:9092".into(),
        rest: "https://pkc-1.example.com".parse().unwrap(),
    }
}

impl Scene {
    /// Key `CURRENT`, 10 days old, published, in the primary (version `v1`) and in one copy.
    fn healthy() -> Self {
        let target = Target::parse(
            "payments/orders".parse().unwrap(),
            r#"{"owner": "sa-1", "resource": {"id": "lkc-1", "environment": "env-1"}, "probe": "rest",
                "secret": {"name": "/p/java", "formats": ["java"]},
                "copies": [{"name": "/p/python", "formats": ["librdkafka"]}]}"#,
        )
        .unwrap();
        let made = NOW - Duration::days(10);
        let mut scene = Self {
            seen: Observation {
                primary: state(&target.secret, "v1", made),
                copies: vec![state(&target.copies[0], "c1", made)],
                keys: Vec::new(),
                endpoints: Ok(endpoints()),
                current: Some(Whereabouts::Live),
                pending: None,
                pending_refused: false,
                restorable: None,
                staged: BTreeSet::new(),
                parameters: Ok(Vec::new()),
                now: NOW,
            },
            wish: Wish {
                settle: Duration::minutes(1),
                rotate: false,
                again: false,
            },
            target,
        };
        scene.key("CURRENT", Duration::days(10), Some(Note::At(made)));
        scene.stage("CURRENT");
        scene
    }

    /// Adds a key of the target.
    fn key(&mut self, id: &str, age: Duration, published: Option<Note>) -> &mut Key {
        let mut marker = Marker::new(&deployment(), &self.target.name, &format!("token-{id}"));
        marker.published = published;
        self.seen.keys.push(Key {
            api_key: ApiKey {
                id: id.parse().unwrap(),
                owner: Some("sa-1".into()),
                resource: Some("lkc-1".into()),
                display_name: String::new(),
                description: marker.to_string(),
                created_at: NOW - age,
            },
            marker: Some(marker),
        });
        self.seen.keys.last_mut().unwrap()
    }

    /// Puts a key into the current version of every secret.
    fn stage(&mut self, id: &str) {
        let states = std::iter::once(&mut self.seen.primary).chain(&mut self.seen.copies);
        for state in states {
            let credential = credential(id);
            let document = Document::empty()
                .render(state.spec.format, &credential, &endpoints())
                .unwrap();
            state.current.as_mut().unwrap().content = Content::Key(document, credential);
        }
        self.seen.staged = [id.parse().unwrap()].into();
    }

    /// Puts a key into a pending version made `age` ago.
    fn pend(&mut self, id: &str, age: Duration) {
        let held = self.seen.primary.current.clone().unwrap();
        let credential = credential(id);
        let document = held
            .document()
            .render(self.target.secret.format, &credential, &endpoints())
            .unwrap();
        let labels = [AWSPENDING.to_owned()].into();
        self.seen
            .primary
            .description
            .versions
            .insert("v2".into(), labels);
        self.seen.primary.pending = Some(Held {
            version: "v2".into(),
            created: NOW - age,
            content: Content::Key(document, credential),
        });
        self.seen.pending = Some(Whereabouts::Live);
        self.seen.staged.insert(id.parse().unwrap());
    }

    fn age(&mut self, id: &str, age: Duration) {
        let key = self
            .seen
            .keys
            .iter_mut()
            .find(|key| key.id().as_str() == id);
        key.unwrap().api_key.created_at = NOW - age;
    }

    fn plan(&self) -> Plan {
        plan(&self.target, &self.seen, &self.wish)
    }

    /// The actions in words.
    fn actions(&self) -> Vec<String> {
        let actions = self.plan().actions.into_iter();
        actions
            .map(|Planned { action, reason }| match action {
                Action::Restore { api_key, .. } => format!("restore {api_key}: {reason}"),
                Action::Resume { api_key, .. } => format!("resume {api_key}: {reason}"),
                Action::Discard { version, .. } => format!("discard {version}: {reason}"),
                Action::Rewrite { secret, .. } => format!("rewrite {secret}: {reason}"),
                Action::Renote { api_key } => format!("renote {api_key}: {reason}"),
                Action::Bootstrap => format!("bootstrap: {reason}"),
                Action::Rotate { forced } => {
                    format!("rotate{}: {reason}", if forced { " forced" } else { "" })
                }
                Action::Already { api_key } => format!("already {api_key}: {reason}"),
                Action::Retire { api_key } => format!("retire {api_key}: {reason}"),
                Action::Orphan { api_key } => format!("orphan {api_key}: {reason}"),
                Action::PutParameter { parameter, .. } => {
                    format!("put_parameter {parameter}: {reason}")
                }
            })
            .collect()
    }

    /// Why superseded keys stay.
    fn kept(&self) -> Vec<String> {
        let kept = self.plan().kept.into_iter();
        kept.map(|kept| {
            format!(
                "{}: {}",
                kept.api_key,
                kept.because.unwrap_or("goes".into())
            )
        })
        .collect()
    }

    fn problem(&self) -> String {
        self.plan()
            .problem
            .map(|problem| problem.to_string())
            .unwrap_or_default()
    }
}

fn state(spec: &SecretSpec, version: &str, created: OffsetDateTime) -> SecretState {
    SecretState {
        spec: spec.clone(),
        description: Description {
            arn: format!(
                "arn:aws:secretsmanager:us-east-1:123456789012:secret:{}-AbCdEf",
                spec.name
            ),
            name: spec.name.clone(),
            last_changed: Some(created),
            versions: BTreeMap::from([(version.to_owned(), [AWSCURRENT.to_owned()].into())]),
            ..Description::default()
        },
        current: Some(Held {
            version: version.to_owned(),
            created,
            content: Content::NoKey(Document::empty()),
        }),
        pending: None,
    }
}

const DAY: Duration = Duration::days(1);

fn at(age: Duration) -> Option<Note> {
    Some(Note::At(NOW - age))
}

#[test]
fn a_healthy_target_needs_nothing() {
    assert_eq!(Scene::healthy().actions(), [""; 0]);
}

#[test]
fn a_key_is_rotated_when_it_is_day_count_days_old() {
    let mut scene = Scene::healthy();
    scene.age("CURRENT", 30 * DAY - Duration::SECOND);
    assert_eq!(scene.actions(), [""; 0]);
    scene.age("CURRENT", 31 * DAY);
    assert_eq!(scene.actions(), ["rotate: 31 of 30 days old"]);
}

#[test]
fn secrets_managers_own_schedule_is_left_alone_for_a_day() {
    let mut scene = Scene::healthy();
    scene.age("CURRENT", 40 * DAY);
    scene.seen.primary.description.rotation_enabled = Some(true);
    scene.seen.primary.description.next_rotation_date = Some(NOW - Duration::hours(23));
    assert_eq!(scene.actions(), [""; 0]);
    scene.seen.primary.description.next_rotation_date = Some(NOW - Duration::hours(25));
    assert_eq!(scene.actions(), ["rotate: 40 of 30 days old"]);
}

#[test]
fn a_secret_without_a_key_is_bootstrapped_and_keeps_fields_of_others() {
    let mut scene = Scene::healthy();
    scene.seen.keys.clear();
    scene.seen.current = None;
    scene.seen.primary.current.as_mut().unwrap().content = Content::NoKey(Document::empty());
    assert_eq!(scene.actions(), ["bootstrap: the secret holds no key yet"]);
    scene.seen.primary.current = None;
    assert_eq!(scene.actions(), ["bootstrap: the secret holds no key yet"]);
}

#[test]
fn a_text_that_cannot_be_read_is_a_failure_and_never_a_bootstrap() {
    let mut scene = Scene::healthy();
    scene.seen.current = None;
    scene.seen.primary.current.as_mut().unwrap().content =
        Content::Unreadable("a binary value".into());
    assert_eq!(scene.actions(), [""; 0]);
    assert_eq!(
        scene.problem(),
        "version `v1` of secret `/p/java` cannot be read: a binary value"
    );
}

#[test]
fn an_overwritten_value_is_restored_before_anything_else() {
    let mut scene = Scene::healthy();
    scene.seen.current = None;
    scene.seen.primary.current.as_mut().unwrap().content =
        Content::Unreadable("no JSON object".into());
    scene.seen.restorable = Some(Restorable {
        version: "v0".into(),
        api_key: "CURRENT".parse().unwrap(),
    });
    assert_eq!(
        scene.actions(),
        [
            "restore CURRENT: the value in AWSCURRENT holds no key, an earlier version's key signs in"
        ]
    );
}

#[test]
fn a_lost_key_without_proof_fails_the_target_and_changes_nothing() {
    let mut scene = Scene::healthy();
    scene.seen.keys.clear();
    scene.seen.current = Some(Whereabouts::NotVisible("GET by its id shows it".into()));
    assert_eq!(scene.actions(), [""; 0]);
    assert_eq!(
        scene.problem(),
        "current key not visible: API key `CURRENT` is not in the listing of its owner, yet not proved gone (GET by its id shows it)"
    );
}

#[test]
fn a_key_proved_gone_is_replaced_at_once() {
    let mut scene = Scene::healthy();
    scene.seen.keys.clear();
    scene.seen.current = Some(Whereabouts::Gone);
    assert_eq!(
        scene.actions(),
        ["rotate forced: drift: the current key is gone and refused at its resource"]
    );
}

#[test]
fn an_edited_target_is_refused_until_it_is_rotated_by_hand() {
    let mut scene = Scene::healthy();
    scene.seen.keys.clear();
    scene.seen.current = Some(Whereabouts::Elsewhere {
        owner: "sa-2".into(),
        resource: "lkc-1".into(),
    });
    assert_eq!(scene.actions(), [""; 0]);
    assert!(scene.plan().problem.unwrap().is_refusal());
    scene.wish.rotate = true;
    assert_eq!(scene.actions(), ["rotate: by hand"]);
}

#[test]
fn a_key_of_somebody_else_is_followed_and_never_rotated_by_a_sweep() {
    let mut scene = Scene::healthy();
    scene.age("CURRENT", 40 * DAY);
    scene.seen.keys[0].marker = None;
    assert_eq!(scene.actions(), [""; 0]);
    assert_eq!(
        scene.plan().warnings,
        [
            "API key `CURRENT` carries no marker of this target, so no sweep rotates it: `adopt` or `rotate` by hand"
        ]
    );
    scene.wish.rotate = true;
    assert_eq!(scene.actions(), ["rotate: by hand"]);
}

#[test]
fn by_hand_a_key_published_a_moment_ago_is_rotated_only_again() {
    let mut scene = Scene::healthy();
    scene.seen.keys.clear();
    scene.key("CURRENT", Duration::hours(1), at(Duration::minutes(50)));
    scene.wish.rotate = true;
    assert_eq!(
        scene.actions(),
        ["already CURRENT: published under an hour ago"]
    );
    scene.wish.again = true;
    assert_eq!(scene.actions(), ["rotate: by hand"]);
}

#[test]
fn a_copy_that_differs_is_rewritten_unless_something_is_pending() {
    let mut scene = Scene::healthy();
    let (other, format) = (credential("OTHER"), scene.target.copies[0].format);
    let document = Document::empty()
        .render(format, &other, &endpoints())
        .unwrap();
    scene.seen.copies[0].current.as_mut().unwrap().content = Content::Key(document, other);
    assert_eq!(
        scene.actions(),
        ["rewrite /p/python: the copy differs from the primary"]
    );
    scene.key("PENDING", Duration::hours(1), None);
    scene.pend("PENDING", Duration::hours(1));
    assert_eq!(scene.actions(), ["resume PENDING: a key is pending"]);
}

#[test]
fn a_pending_key_goes_on_and_nothing_else_is_made() {
    let mut scene = Scene::healthy();
    scene.age("CURRENT", 40 * DAY);
    scene.key("PENDING", Duration::hours(3), None);
    scene.pend("PENDING", Duration::hours(3));
    assert_eq!(scene.actions(), ["resume PENDING: a key is pending"]);
}

#[test]
fn a_pending_key_that_was_noted_published_only_goes_forward() {
    let mut scene = Scene::healthy();
    scene.key("PENDING", 3 * DAY, at(3 * DAY));
    scene.pend("PENDING", 3 * DAY);
    scene.seen.primary.current.as_mut().unwrap().created = NOW - DAY;
    scene.seen.pending_refused = true;
    assert_eq!(scene.actions(), ["resume PENDING: its publish has begun"]);
}

#[test]
fn a_stale_pending_key_is_given_up() {
    let mut scene = Scene::healthy();
    scene.key("PENDING", 25 * Duration::HOUR, None);
    scene.pend("PENDING", 25 * Duration::HOUR);
    scene.seen.pending_refused = true;
    assert_eq!(
        scene.actions(),
        ["discard v2: the pending key does not sign in 24 hours after it was made"]
    );
    scene.seen.pending_refused = false;
    scene.seen.pending = Some(Whereabouts::Gone);
    scene.seen.keys.truncate(1);
    assert_eq!(scene.actions(), ["discard v2: the pending key is gone"]);
}

#[test]
fn a_hand_edit_voids_an_unpublished_pending_key_and_the_rotation_starts_again() {
    let mut scene = Scene::healthy();
    scene.key("PENDING", Duration::hours(3), None);
    scene.pend("PENDING", Duration::hours(3));
    scene.seen.primary.current.as_mut().unwrap().created = NOW - Duration::hours(1);
    assert_eq!(
        scene.actions(),
        [
            "discard v2: the version in AWSCURRENT is younger than the pending one",
            "rotate: the rotation that a hand edit made void starts again"
        ]
    );
}

#[test]
fn a_published_version_only_loses_its_pending_label() {
    let mut scene = Scene::healthy();
    for label in [AWSCURRENT, AWSPREVIOUS] {
        scene.key("PENDING", Duration::hours(3), at(Duration::hours(2)));
        scene.pend("PENDING", Duration::hours(3));
        let labels = [AWSPENDING.to_owned(), label.to_owned()].into();
        scene
            .seen
            .primary
            .description
            .versions
            .insert("v2".into(), labels);
        assert_eq!(
            scene.actions(),
            ["discard v2: the pending version has been published already"]
        );
    }
}

#[test]
fn an_empty_pending_version_goes_after_a_day_when_no_key_was_made_for_it() {
    let mut scene = Scene::healthy();
    let labels = [AWSPENDING.to_owned()].into();
    scene
        .seen
        .primary
        .description
        .versions
        .insert("v2".into(), labels);
    scene.seen.primary.description.last_changed = Some(NOW - Duration::hours(23));
    assert_eq!(scene.actions(), [""; 0]);
    scene.seen.primary.description.last_changed = Some(NOW - Duration::hours(25));
    assert_eq!(
        scene.actions(),
        ["discard v2: a pending version without a key for 24 hours"]
    );
    scene
        .key("LOST", Duration::minutes(5), None)
        .marker
        .as_mut()
        .unwrap()
        .token = "v2".into();
    assert_eq!(scene.actions(), [""; 0]);
}

/// `CURRENT` superseded `OLDER` two days ago, `OLDER` superseded `OLDEST` forty days ago.
fn three_generations() -> Scene {
    let mut scene = Scene::healthy();
    scene.seen.keys.clear();
    scene.key("CURRENT", 2 * DAY, at(2 * DAY));
    scene.key("OLDEST", 80 * DAY, at(80 * DAY));
    scene.key("OLDER", 40 * DAY, at(40 * DAY));
    let states = std::iter::once(&mut scene.seen.primary).chain(&mut scene.seen.copies);
    for state in states {
        state.current.as_mut().unwrap().created = NOW - 2 * DAY;
        state.description.last_changed = Some(NOW - 2 * DAY);
    }
    scene
}

#[test]
fn the_oldest_key_beyond_those_kept_is_retired_after_the_grace() {
    let scene = three_generations();
    assert_eq!(
        scene.actions(),
        ["retire OLDEST: superseded, beyond the 2 newest, grace over"]
    );
    assert_eq!(scene.kept(), ["OLDER: one of the 2 newest", "OLDEST: goes"]);
}

#[test]
fn every_rule_that_keeps_a_superseded_key_keeps_it() {
    type Change = fn(&mut Scene);
    let table: [(Change, &str); 7] = [
        (
            |scene| scene.target.grace = 72 * Duration::HOUR,
            "OLDEST: grace of 72 h, until 2026-11-25T12:00:00Z",
        ),
        (
            |scene| scene.target.retain = 3,
            "OLDEST: one of the 3 newest",
        ),
        (
            |scene| scene.seen.keys.retain(|key| key.id().as_str() != "CURRENT"),
            "OLDEST: the current key is not in the listing",
        ),
        (
            |scene| {
                let marker = scene.seen.keys[0].marker.as_mut().unwrap();
                marker.published = None;
            },
            "OLDEST: the current key has no `published` note",
        ),
        (
            |scene| scene.seen.copies[0].description.last_changed = Some(NOW),
            "OLDEST: a secret of the target changed a moment ago",
        ),
        (
            |scene| {
                scene.key("PENDING", Duration::hours(1), None);
                scene.pend("PENDING", Duration::hours(1));
            },
            "OLDEST: a rotation is under way",
        ),
        (
            |scene| scene.seen.primary.current.as_mut().unwrap().created = NOW - Duration::HOUR,
            "OLDEST: grace of 24 h, until 2026-11-25T11:00:00Z",
        ),
    ];
    for (change, expected) in table {
        let mut scene = three_generations();
        change(&mut scene);
        assert!(
            scene.kept().contains(&expected.to_owned()),
            "{expected}: {:?}",
            scene.kept()
        );
        assert!(
            !scene
                .actions()
                .iter()
                .any(|action| action.starts_with("retire")),
            "{expected}"
        );
    }
}

#[test]
fn a_note_that_cannot_be_trusted_is_written_again_and_nothing_is_retired() {
    for note in [Note::At(NOW + DAY), Note::Unreadable("long ago".into())] {
        let mut scene = three_generations();
        scene.seen.keys[2].marker.as_mut().unwrap().published = Some(note);
        assert_eq!(
            scene.actions(),
            ["renote OLDER: its `published` note is unreadable or lies in the future"]
        );
    }
}

#[test]
fn two_keys_beyond_those_kept_go_one_a_run() {
    let mut scene = three_generations();
    scene.key("ANCIENT", 200 * DAY, at(200 * DAY));
    assert_eq!(
        scene.kept(),
        [
            "OLDER: one of the 2 newest",
            "OLDEST: one retirement a run",
            "ANCIENT: goes"
        ]
    );
}

#[test]
fn an_orphan_is_deleted_after_an_hour_whatever_else_is_wrong() {
    let mut scene = Scene::healthy();
    scene.key("LOST", Duration::minutes(61), None);
    let expected = ["orphan LOST: made over an hour ago, never published, staged nowhere"];
    assert_eq!(scene.actions(), expected);
    scene.seen.current = Some(Whereabouts::NotVisible("401".into()));
    assert_eq!(scene.actions(), expected);
    scene.seen.staged.insert("LOST".parse().unwrap());
    assert_eq!(scene.actions(), [""; 0]);
}

#[test]
fn a_young_or_foreign_key_is_no_orphan() {
    let mut scene = Scene::healthy();
    scene.key("YOUNG", Duration::minutes(59), None);
    scene.key("FOREIGN", 90 * DAY, None).marker = None;
    assert_eq!(scene.actions(), [""; 0]);
}
