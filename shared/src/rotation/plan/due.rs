//! When a target falls due, and who then begins.

use time::{Duration, OffsetDateTime};

use crate::rotation::{
    observe::{Key, Observation},
    target::Target,
};

/// Secrets Manager's own schedule is given this long before a sweep rotates in its place.
const SCHEDULE_MISSED: Duration = Duration::days(1);

/// `created_at` of the newest live published key + `day_count`, brought forward a little.
pub(super) fn due(target: &Target, seen: &Observation) -> Option<OffsetDateTime> {
    let newest = newest_published(seen).or_else(|| Some(seen.live_current()?.1))?;
    Some(newest.api_key.created_at + target.due_after())
}

/// Notes that cannot be trusted do not count: they would make an old key the newest.
pub(super) fn newest_published(seen: &Observation) -> Option<&Key> {
    let noted = |key: &Key| {
        let note = key.marker.as_ref()?.published.as_ref()?;
        note.trusted(seen.now)
    };
    let published = seen
        .keys
        .iter()
        .filter(|key| !key.is_revoked() && noted(key).is_some());
    published.max_by_key(|key| noted(key))
}

/// Secrets Manager's schedule decides for a secret that it rotates, until it is a day late by both.
pub(super) fn is_left_to_secrets_manager(seen: &Observation, due: OffsetDateTime) -> bool {
    let description = &seen.primary.description;
    let late = |date: OffsetDateTime| date + SCHEDULE_MISSED < seen.now;
    description.rotation_enabled == Some(true)
        && !(late(due) && description.next_rotation_date.is_none_or(late))
}

/// `31 of 30 days old`, or why a younger key is due.
pub(super) fn overdue(target: &Target, created_at: OffsetDateTime, now: OffsetDateTime) -> String {
    let age = (now - created_at).whole_days();
    let days = format!("{age} of {} days old", target.day_count);
    if age >= i64::from(target.day_count) {
        return days;
    }
    let hours = target.brought_forward().whole_hours();
    format!("{days}, due {hours} h early: due dates are spread")
}
