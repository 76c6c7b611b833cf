//! What a person asks of a named target.

use time::Duration;

use super::super::*;
use super::scene::{NOW, Scene};
use crate::rotation::{marker::Note, observe::Restorable};

/// `CURRENT`, published `ago`, and `OTHER`, made so many days ago, to which one could go back.
fn rollback(other_made: i64, ago: Duration) -> Vec<String> {
    let mut scene = Scene::healthy();
    let published = Some(Note::At(NOW - ago));
    let marker = scene.seen.keys[0].marker.as_mut().unwrap();
    marker.published = published.clone();
    scene.key("OTHER", Duration::days(other_made), published);
    scene.seen.restorable = Some(Restorable {
        version: "v0".into(),
        api_key: "OTHER".parse().unwrap(),
    });
    scene.wish.task = Task::Rollback;
    scene.actions()
}

#[test]
fn a_rollback_goes_to_the_former_key() {
    assert_eq!(
        rollback(20, Duration::minutes(5)),
        [
            "rollback OTHER: by hand: the former key signs in; held from then on, until told otherwise"
        ]
    );
}

#[test]
fn a_rollback_that_is_asked_for_again_is_not_undone() {
    assert_eq!(
        rollback(1, Duration::minutes(5)),
        ["already CURRENT: rolled back under an hour ago"]
    );
    assert_eq!(
        rollback(1, Duration::hours(2)),
        [
            "rollback OTHER: by hand: the former key signs in; held from then on, until told otherwise"
        ]
    );
}
