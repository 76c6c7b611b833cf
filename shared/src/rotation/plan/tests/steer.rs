//! What becomes current.

use super::{super::*, scene::*};
use crate::{
    client_config::Document,
    rotation::observe::Restorable,
    secrets::{AWSCURRENT, AWSPENDING, AWSPREVIOUS},
};

#[test]
fn a_healthy_target_needs_nothing() {
    assert_eq!(Scene::healthy().actions(), [""; 0]);
}

#[test]
fn a_key_is_rotated_when_it_is_day_count_days_old_or_by_its_name_a_little_earlier() {
    let mut scene = Scene::healthy();
    let early = scene.target.brought_forward();
    assert!(Duration::ZERO < early && early < 3 * DAY, "{early}");
    scene.age("CURRENT", 30 * DAY - early - Duration::SECOND);
    assert_eq!(scene.actions(), [""; 0]);
    scene.age("CURRENT", 30 * DAY - early);
    assert_eq!(
        scene.actions(),
        ["rotate: 28 of 30 days old, due 37 h early: due dates are spread"]
    );
    scene.age("CURRENT", 31 * DAY);
    assert_eq!(scene.actions(), ["rotate: 31 of 30 days old"]);
}

#[test]
fn due_dates_of_one_day_are_spread_over_a_tenth_of_the_period() {
    let mut target = Scene::healthy().target;
    let mut hours: Vec<_> = (0..400)
        .map(|n| {
            target.name = format!("team-{}/service-{n}", n % 7).parse().unwrap();
            target.brought_forward().whole_hours()
        })
        .collect();
    hours.sort_unstable();
    assert!(
        hours[0] < 3 && hours[399] > 69 && hours[399] < 72,
        "{hours:?}"
    );
    let most = hours.chunk_by(|a, b| a == b).map(<[_]>::len).max();
    assert!(most < Some(20), "{hours:?}");
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
fn no_key_is_made_while_the_one_to_go_back_to_cannot_be_tried() {
    let mut scene = Scene::healthy();
    scene.seen.keys.clear();
    scene.seen.current = Some(Whereabouts::Gone);
    scene.seen.untried = Some("the connection was closed".into());
    assert_eq!(scene.actions(), [""; 0]);
    assert_eq!(
        scene.problem(),
        "`lkc-1` cannot be reached: the connection was closed; that says nothing about the key, the pending version stays"
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
    scene.wish.task = Task::Rotate { again: false };
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
            "API key `CURRENT` carries no marker of this target, so no sweep rotates it: `adopt` or `rotate` it by hand"
        ]
    );
    scene.wish.task = Task::Rotate { again: false };
    assert_eq!(scene.actions(), ["rotate: by hand"]);
}

#[test]
fn by_hand_a_key_published_a_moment_ago_is_rotated_only_again() {
    let mut scene = Scene::healthy();
    scene.seen.keys.clear();
    scene.key("CURRENT", Duration::hours(1), at(Duration::minutes(50)));
    scene.wish.task = Task::Rotate { again: false };
    assert_eq!(
        scene.actions(),
        ["already CURRENT: published under an hour ago"]
    );
    scene.wish.task = Task::Rotate { again: true };
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
fn beside_a_pending_value_that_is_not_ours_no_key_is_made() {
    let changes: [fn(&mut Scene); 3] = [
        |scene| scene.seen.keys[1].marker = None,
        |scene| {
            scene.seen.keys.truncate(1);
            scene.seen.pending = Some(Whereabouts::NotVisible("GET shows it".into()));
        },
        |scene| {
            let pending = scene.seen.primary.pending.as_mut().unwrap();
            pending.content = Content::Unreadable("no JSON".into());
            scene.seen.primary.description.last_changed = Some(NOW - Duration::HOUR);
        },
    ];
    for (age, problem) in [(40, Some("PendingForeign")), (10, None)] {
        for change in changes {
            let mut scene = Scene::healthy();
            scene.age("CURRENT", age * DAY);
            scene.key("PENDING", Duration::hours(3), None);
            scene.pend("PENDING", Duration::hours(3));
            change(&mut scene);
            let plan = plan(&scene.target, &scene.seen, &scene.wish);
            assert_eq!(plan.actions, []);
            assert_eq!(plan.problem.map(|problem| problem.kind()), problem);
        }
    }
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
fn f21_a_published_version_only_loses_its_pending_label() {
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
