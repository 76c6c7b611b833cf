use serde_json::Value;
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);

fn target() -> Target {
    let json = r#"{"owner": "sa-1", "resource": {"id": "lkc-1", "environment": "env-1"}, "probe": "rest",
        "secret": {"name": "/p/java", "formats": ["java"]}, "labels": {"team": "payments"}}"#;
    Target::parse("payments/orders".parse().unwrap(), json).unwrap()
}

fn key(id: &str, state: KeyState, published: &str) -> KeyReport {
    KeyReport {
        api_key: id.to_owned(),
        state,
        created: published.to_owned(),
        published: Some(published.to_owned()),
        retire_not_before: (state == KeyState::Superseded)
            .then(|| rfc3339(NOW + Duration::hours(24))),
        kept_because: None,
    }
}

/// `NEW` is current, `OLD` is retained, `OLDEST` goes in a day.
fn report() -> TargetReport {
    let mut report = TargetReport::new("payments/orders".to_owned(), Status::Kept, String::new());
    report.current = Some("NEW".to_owned());
    report.secrets = vec!["arn:java".to_owned()];
    report.keys = vec![
        key("OLDEST", KeyState::Superseded, "2026-09-25T12:00:00Z"),
        key("OLD", KeyState::Superseded, "2026-10-25T12:00:00Z"),
        key("NEW", KeyState::Current, "2026-11-24T12:00:00Z"),
    ];
    report
}

fn action(action: &'static str, api_key: &str, done: bool) -> ActionReport {
    ActionReport {
        action,
        api_key: Some(api_key.to_owned()),
        secret: None,
        parameter: None,
        reason: "because".to_owned(),
        done,
    }
}

fn events(report: &TargetReport, told: &Told, now: OffsetDateTime) -> Vec<Event> {
    let target = target();
    let left = Left {
        deployment: "default",
        request_id: "r-1",
        target: Some(&target),
        report,
        judges: true,
        notice: Duration::hours(72),
        now,
    };
    left.events(told)
}

/// Kind and keys of each event, after all of them were sent or not.
fn tell(report: &TargetReport, told: &mut Told, sent: bool, now: OffsetDateTime) -> Vec<String> {
    told.forget_gone(report);
    let events = events(report, told, now);
    let words = events.iter().map(|event| {
        told.note(event, sent, now);
        let api_key = event.detail.api_key.as_deref().unwrap_or("-");
        let successor = event.detail.successor.as_deref().unwrap_or("-");
        format!("{:?} {api_key} {successor}", event.kind)
    });
    words.collect()
}

#[test]
fn a_publish_and_a_retirement_are_told_when_they_are_done() {
    let mut report = report();
    report.keys.clear();
    report.actions = vec![
        action("rotate", "NEW", true),
        action("retire", "OLDER", true),
        action("orphan", "LOST", true),
        action("resume", "NEXT", false),
    ];
    let told = tell(&report, &mut Told::default(), true, NOW);
    assert_eq!(told, ["Published NEW -", "Retired OLDER NEW"]);

    report.actions = vec![action("revoke", "LEAKED", true)];
    let told = tell(&report, &mut Told::default(), true, NOW);
    assert_eq!(told, ["Retired LEAKED NEW"]);
    report.status = Status::Rotated;
    let told = tell(&report, &mut Told::default(), true, NOW);
    assert_eq!(told, ["Published NEW -", "Retired LEAKED NEW"]);
}

#[test]
fn a_retirement_is_announced_once_and_never_of_a_key_that_is_retained() {
    let mut told = Told::default();
    assert_eq!(
        tell(&report(), &mut told, true, NOW),
        ["RetirementDue OLDEST NEW"]
    );
    assert_eq!(
        tell(&report(), &mut told, true, NOW + Duration::days(9)),
        [""; 0]
    );

    let early = NOW - Duration::hours(49);
    assert_eq!(tell(&report(), &mut Told::default(), true, early), [""; 0]);

    // Rolled back and superseded again, it is a new story.
    let mut back = report();
    back.keys[0].state = KeyState::Current;
    assert_eq!(tell(&back, &mut told, true, NOW), [""; 0]);
    assert_eq!(
        tell(&report(), &mut told, true, NOW),
        ["RetirementDue OLDEST NEW"]
    );
}

#[test]
fn what_repeats_is_told_once_a_day() {
    let mut report = report();
    report.keys[1].kept_because = Some(format!("{IN_USE}: seen 2026-11-24T11:00:00Z"));
    report.keys.remove(0);
    report.status = Status::Failed;
    report.summary = "it broke".to_owned();
    let mut told = Told::default();
    let day = ["StillInUse OLD NEW", "Failed NEW -"];
    assert_eq!(tell(&report, &mut told, true, NOW), day);
    let hours = Duration::hours(23);
    assert_eq!(tell(&report, &mut told, true, NOW + hours), [""; 0]);
    assert_eq!(
        tell(&report, &mut told, true, NOW + Duration::hours(25)),
        day
    );
    // A state may be edited by hand.
    let last = datetime!(9999-12-31 23:59 UTC);
    told.0.values_mut().for_each(|at| *at = last.into());
    assert_eq!(tell(&report, &mut told, true, NOW), [""; 0]);
}

#[test]
fn a_recovery_is_told_after_a_failure_that_was_told() {
    let (mut failed, mut told) = (report(), Told::default());
    failed.keys.clear();
    let works = failed.clone();
    failed.status = Status::Refused;
    assert_eq!(tell(&works, &mut told, true, NOW), [""; 0]);
    assert_eq!(tell(&failed, &mut told, false, NOW), ["Failed NEW -"]);
    assert_eq!(tell(&works, &mut told, true, NOW), [""; 0]);
    assert_eq!(tell(&failed, &mut told, true, NOW), ["Failed NEW -"]);
    let mut unreached = works.clone();
    unreached.status = Status::NotReached;
    assert_eq!(tell(&unreached, &mut told, true, NOW), [""; 0]);
    assert_eq!(tell(&works, &mut told, false, NOW), ["Recovered NEW -"]);
    assert_eq!(tell(&works, &mut told, true, NOW), ["Recovered NEW -"]);
    assert_eq!(told, Told::default());
}

#[test]
fn what_could_not_be_told_waits_with_its_time_ten_at_most() {
    let (mut report, mut told) = (report(), Told::default());
    report.keys.clear();
    for nth in 0..12 {
        report.actions = vec![action("rotate", &format!("KEY{nth}"), true)];
        let now = NOW + Duration::minutes(nth);
        assert_eq!(
            tell(&report, &mut told, false, now).len(),
            1 + usize::try_from(nth).unwrap().min(10)
        );
    }
    report.actions = vec![action("retire", "OLDER", true)];
    tell(&report, &mut told, false, NOW + Duration::hours(1));
    report.actions.clear();
    let waiting = events(&report, &told, NOW + Duration::hours(2));
    assert_eq!(waiting.len(), 10);
    assert_eq!(waiting[0].detail.api_key.as_deref(), Some("KEY3"));
    assert_eq!(
        waiting[0].detail.published.as_deref(),
        Some("2026-11-24T12:03:00Z")
    );
    let retired = &waiting[9].detail;
    assert_eq!(retired.successor.as_deref(), Some("NEW"));
    assert_eq!(retired.retired.as_deref(), Some("2026-11-24T13:00:00Z"));
    tell(&report, &mut told, true, NOW + Duration::hours(2));
    assert_eq!(told, Told::default());
}

#[test]
fn a_key_in_use_is_told_as_the_sample_says() {
    let text = include_str!("../../../../events/event-bus/api-key-still-in-use.json");
    let sample: Value = serde_json::from_str(text).unwrap();
    let mut report = report();
    report.keys[0].kept_because = sample["detail"]["reason"].as_str().map(str::to_owned);
    let mut told = Told::default();
    tell(&report, &mut told, true, NOW - Duration::hours(25));
    let entry = events(&report, &told, NOW)[0].entry();
    assert_eq!(sample["source"], entry.source);
    assert_eq!(sample["detail-type"], entry.detail_type);
    let detail: Value = serde_json::from_str(&entry.detail).unwrap();
    let names = |detail: &Value| {
        detail
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&sample["detail"]), names(&detail));
    assert_eq!(sample["detail"]["reason"], detail["reason"]);
}
