//! Letting time pass: everything stored becomes older.

use std::sync::Arc;

use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use super::state::World;

/// The shortest RFC 3339 time in UTC: `2026-01-02T03:04:05Z`.
const SHORTEST: usize = 20;

impl World {
    /// Moves every time, and every RFC 3339 UTC time in descriptions (not in display names), `by` into the past.
    pub(super) fn age(&mut self, by: Duration) {
        let environments = self
            .environments
            .iter_mut()
            .map(|environment| &mut environment.meta);
        let clusters = self.clusters.iter_mut().map(|cluster| &mut cluster.meta);
        for meta in environments.chain(clusters) {
            earlier([&mut meta.created_at, &mut meta.updated_at], by);
        }
        for account in &mut self.service_accounts {
            earlier(
                [&mut account.meta.created_at, &mut account.meta.updated_at],
                by,
            );
            account.description = text(&account.description, by);
        }
        for key in &mut self.api_keys {
            let key = Arc::make_mut(key);
            earlier(
                [
                    &mut key.meta.created_at,
                    &mut key.meta.updated_at,
                    &mut key.in_sync_at,
                ],
                by,
            );
            if let Some(deletion) = &mut key.deleted {
                earlier([&mut deletion.works_until], by);
            }
            key.description = text(&key.description, by);
        }
    }
}

/// A time that would leave the calendar stays as it is.
fn earlier<const N: usize>(times: [&mut OffsetDateTime; N], by: Duration) {
    for time in times {
        *time = time.checked_sub(by).unwrap_or(*time);
    }
}

/// `text` with every RFC 3339 time that ends in `Z` moved `by` into the past.
fn text(text: &str, by: Duration) -> String {
    let mut older = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let found = time_at_start(rest);
        let moved = found.and_then(|(time, length)| {
            Some((time.checked_sub(by)?.format(&Rfc3339).ok()?, length))
        });
        let length = match moved {
            Some((time, length)) => {
                older.push_str(&time);
                length
            }
            None => {
                older.push(first);
                first.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    older
}

/// The time that `text` begins with, and its length in bytes.
fn time_at_start(text: &str) -> Option<(OffsetDateTime, usize)> {
    let length = text.find('Z')? + 1;
    let candidate = text.get(..length).filter(|_| length >= SHORTEST)?;
    Some((OffsetDateTime::parse(candidate, &Rfc3339).ok()?, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_a_text_move_and_the_rest_stays() {
        for (before, after) in [
            ("", ""),
            ("no time Z", "no time Z"),
            (
                "published=2026-03-01T00:00:00Z",
                "published=2026-02-27T12:00:00Z",
            ),
            (
                "a 2026-03-01T00:00:00.25Z, b 2026-03-02T00:00:00Z.",
                "a 2026-02-27T12:00:00.25Z, b 2026-02-28T12:00:00Z.",
            ),
            ("2026-03-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"),
            ("é 2026-13-01T00:00:00Z", "é 2026-13-01T00:00:00Z"),
            ("2026-03-01", "2026-03-01"),
        ] {
            assert_eq!(text(before, Duration::hours(36)), after);
        }
    }
}
