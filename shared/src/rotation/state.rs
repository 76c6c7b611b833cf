//! Soft state: what is known of a target beyond keys and secrets. Losing it delays, and never
//! causes, a deletion.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::ordered::ordered;

use super::{
    error::RotationError,
    marker::{rfc3339, utc},
    run::Run,
};

/// The first pause after a failure; each further failure in a row doubles it.
const FIRST_PAUSE: Duration = Duration::hours(1);
const LONGEST_PAUSE: Duration = Duration::days(1);

/// A stored time: RFC 3339, UTC, whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(#[serde(with = "time::serde::rfc3339")] OffsetDateTime);

impl From<OffsetDateTime> for Moment {
    fn from(at: OffsetDateTime) -> Self {
        let at = utc(at);
        Self(at.replace_nanosecond(0).unwrap_or(at))
    }
}

impl Moment {
    /// The time.
    #[must_use]
    pub fn at(self) -> OffsetDateTime {
        self.0
    }
}

/// What one parameter below `STATE_PATH` says of its target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TargetState {
    /// Runs in a row in which the target failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub failures: u32,
    /// The kind of the last failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// No scheduled run tries again before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Moment>,
    /// Only repairs are made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// Notices that were sent, and when.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<String, Moment>,
}

/// Until told otherwise, or until a time, a target is only kept alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// When it was written.
    pub since: Moment,
    /// When it ends; never by itself without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// Why, in a person's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Hold {
    /// `on hold until … (…)`, for reports and refusals.
    #[must_use]
    pub fn sentence(&self) -> String {
        let until = self
            .until
            .map_or_else(|| "told otherwise".to_owned(), |until| rfc3339(until.at()));
        let reason = self.reason.iter().map(|reason| format!(": {reason}"));
        format!("on hold until {until}{}", reason.collect::<String>())
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that serde calls"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl TargetState {
    /// The hold, while it lasts.
    #[must_use]
    pub fn on_hold(&self, now: OffsetDateTime) -> Option<&Hold> {
        let lasts = |hold: &&Hold| hold.until.is_none_or(|until| until.at() > now);
        self.hold.as_ref().filter(lasts)
    }

    /// Until when scheduled runs leave the target alone, and why.
    #[must_use]
    pub fn backs_off(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let until = self.not_before?.at();
        (until > now).then_some(until)
    }

    /// The target failed once more. One that is wrong in itself is tried again as soon as it is
    /// changed, so it has no pause.
    pub fn fail(&mut self, kind: &str, refused: bool, now: OffsetDateTime) {
        let doublings = self.failures.min(10);
        let pause = (FIRST_PAUSE * 2_i32.pow(doublings)).min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        self.failure = Some(kind.to_owned());
        self.not_before = (!refused).then(|| (now + pause).into());
    }

    /// The target works again.
    pub fn work(&mut self) {
        (self.failures, self.failure, self.not_before) = (0, None, None);
    }

    fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn text(&self) -> String {
        // Strings, numbers and times: nothing that could fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The state of every target, by name.
pub(super) type States = BTreeMap<String, TargetState>;

/// Reads the state of every target. One that cannot be read is as if it were lost.
///
/// # Errors
/// [`RotationError`] when the listing fails: then it is not known what is on hold.
pub(super) async fn read_all(run: &Run) -> Result<States, RotationError> {
    let path = &run.settings.state_path;
    let listed = run.parameters.list(path).await?;
    let states = listed.into_iter().filter_map(|parameter| {
        let name = parameter.name.strip_prefix(path)?.strip_prefix('/')?;
        Some((name.to_owned(), readable(&parameter.name, &parameter.value)))
    });
    Ok(ordered(states))
}

/// Reads the state of one target.
///
/// # Errors
/// [`RotationError`].
pub(super) async fn read(run: &Run, target: &str) -> Result<TargetState, RotationError> {
    let name = parameter_name(run, target);
    let found = run.parameters.get(&name).await?;
    Ok(found.map_or_else(TargetState::default, |found| readable(&name, &found.value)))
}

/// Changes the state of one target. It is read directly before, so that what another run wrote
/// meanwhile (a hold) stays, and written only when it differs.
///
/// # Errors
/// [`RotationError`].
pub(super) async fn change(
    run: &Run,
    target: &str,
    change: impl FnOnce(&mut TargetState),
) -> Result<(), RotationError> {
    let before = read(run, target).await?;
    let mut after = before.clone();
    change(&mut after);
    if after != before {
        let description = format!("State of target {target}, written by Keywheel");
        let name = parameter_name(run, target);
        run.parameters
            .put(&name, &after.text(), &description)
            .await?;
    }
    Ok(())
}

fn parameter_name(run: &Run, target: &str) -> String {
    format!("{}/{target}", run.settings.state_path)
}

fn readable(name: &str, text: &str) -> TargetState {
    TargetState::read(text).unwrap_or_else(|| {
        tracing::warn!(
            parameter = name,
            "parameter `{name}` is no state of a target: it counts as lost"
        );
        TargetState::default()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use time::macros::datetime;

    use super::*;
    use crate::odd_input::{json, mutated, torn};

    const NOW: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);

    #[test]
    fn a_state_reads_back_and_says_nothing_that_is_not_so() {
        assert_eq!(TargetState::default().text(), "{}");
        let mut state = TargetState::default();
        state.fail("ApiKeyNotInSync", false, NOW);
        state.hold = Some(Hold {
            since: NOW.into(),
            until: None,
            reason: Some("audit".to_owned()),
        });
        state.told.insert("due ABC".to_owned(), NOW.into());
        insta::assert_snapshot!(state.text(), @r#"{"failures":1,"failure":"ApiKeyNotInSync","not_before":"2026-11-24T13:00:00Z","hold":{"since":"2026-11-24T12:00:00Z","reason":"audit"},"told":{"due ABC":"2026-11-24T12:00:00Z"}}"#);
        assert_eq!(TargetState::read(&state.text()), Some(state));
        // A field of a later version is no reason to lose a hold.
        let later = r#"{"hold":{"since":"2026-11-24T12:00:00Z"},"color":"red"}"#;
        assert!(TargetState::read(later).unwrap().on_hold(NOW).is_some());
        assert_eq!(TargetState::read("on hold"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn any_text_is_a_state_that_can_be_reckoned_with_or_none(
            any in json(),
            state in mutated(json!({"failures": 3, "failure": "Failed", "not_before": "9999-12-31T23:59:59-23:59",
                "hold": {"since": "2026-11-24T12:00:00Z", "until": "9999-12-31T23:59:59-01:00", "reason": "audit"},
                "told": {"due ABC": "9999-12-31T23:59:59-01:00", "unsent published ABC": "2026-11-24T12:00:00Z"}})),
            torn in torn(json!({"failures": 3, "told": {"failed": "2026-11-24T12:00:00Z"}}).to_string()),
        ) {
            for text in [any.to_string(), state.to_string(), torn] {
                let Some(mut state) = TargetState::read(&text) else { continue };
                prop_assert_eq!(TargetState::read(&state.text()), Some(state.clone()));
                let _ = state.backs_off(NOW);
                if let Some(hold) = state.on_hold(NOW) {
                    prop_assert!(hold.sentence().starts_with("on hold until "));
                }
                state.fail("Failed", false, NOW);
                prop_assert!(state.backs_off(NOW).is_some());
            }
        }
    }

    #[test]
    fn pauses_double_up_to_a_day_and_end_with_a_success() {
        let mut state = TargetState::default();
        let mut pauses = Vec::new();
        for _ in 0..7 {
            state.fail("Failed", false, NOW);
            pauses.push((state.backs_off(NOW).unwrap() - NOW).whole_hours());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 24, 24]);
        state.failures = u32::MAX;
        state.fail("TargetRefused", true, NOW);
        assert_eq!(state.backs_off(NOW), None);
        state.work();
        assert_eq!(state, TargetState::default());
    }

    #[test]
    fn a_hold_ends_at_its_time_or_never() {
        let hold = |until: Option<OffsetDateTime>| TargetState {
            hold: Some(Hold {
                since: NOW.into(),
                until: until.map(Moment::from),
                reason: None,
            }),
            ..TargetState::default()
        };
        assert!(hold(None).on_hold(NOW + Duration::days(900)).is_some());
        let ends = hold(Some(NOW + Duration::days(1)));
        assert!(ends.on_hold(NOW).is_some());
        assert!(ends.on_hold(NOW + Duration::days(2)).is_none());
    }
}
