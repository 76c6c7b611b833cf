//! Which keys go.

use super::{super::*, scene::*};
use crate::{rotation::marker::Note, secrets::AWSCURRENT};

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

/// Secrets Manager drops versions without a label beyond a hundred; to delete a key its id is enough.
#[test]
fn f25_a_key_that_no_version_holds_any_more_is_retired_like_any_other() {
    let mut scene = three_generations();
    let versions = &mut scene.seen.primary.description.versions;
    versions.retain(|_, labels| labels.contains(AWSCURRENT));
    let held = scene.seen.primary.keys();
    assert!(held.iter().all(|id| id.as_str() == "CURRENT"), "{held:?}");
    assert_eq!(
        scene.actions(),
        ["retire OLDEST: superseded, beyond the 2 newest, grace over"]
    );
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
