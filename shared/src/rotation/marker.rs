//! The ledger: what an API key's description says about where it came from and how far it got.
//!
//! `keywheel/<account>.<region>.<deployment> target=<name> token=<ClientRequestToken> run=<random>`
//! from creation, then ` published=<RFC 3339>` and ` revoked=<RFC 3339>`. A throw-away key by which a
//! new Cloud API key is tried has `canary` in the place of the token. Only a description that
//! parses exactly is ours; every other key is foreign and never deleted.

use std::fmt;

use time::{Duration, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};
use uuid::Uuid;

use super::target::TargetName;

const PREFIX: &str = "keywheel/";
const CANARY: &str = "canary";

/// How far a note may lie ahead of our clock before it counts as one from the future.
const CLOCK_SKEW: Duration = Duration::minutes(1);

/// One installation of Keywheel: what tells its keys from those of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The AWS account, 12 digits.
    pub account: String,
    /// The AWS Region.
    pub region: String,
    /// The setting `DEPLOYMENT`.
    pub name: String,
}

impl fmt::Display for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.account, self.region, self.name)
    }
}

/// A time written on a key. It may have been edited by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// As we write it.
    At(OffsetDateTime),
    /// Something that is no RFC 3339 time, kept as it is.
    Unreadable(String),
}

impl Note {
    /// The time, unless it is unreadable or lies in the future.
    #[must_use]
    pub fn trusted(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        match self {
            Self::At(at) if *at <= now + CLOCK_SKEW => Some(*at),
            _ => None,
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => f.write_str(&rfc3339(*at)),
            Self::Unreadable(text) => f.write_str(text),
        }
    }
}

/// What the description of one of our keys says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// `<account>.<region>.<deployment>`, compared as a whole.
    pub deployment: String,
    /// The target the key was made for.
    pub target: TargetName,
    /// The version of the primary secret that the key was made for; empty for a canary.
    pub token: String,
    /// Made to be deleted at once, for no version: an orphan when it is still there an hour later.
    pub canary: bool,
    /// Tells apart the keys of runs that used the same token.
    pub run: String,
    /// When a publish of the key last began; a key without it was never in an `AWSCURRENT`.
    pub published: Option<Note>,
    /// When the key was found leaked; such a key is never published again.
    pub revoked: Option<Note>,
}

impl Marker {
    /// The marker of a key about to be made.
    #[must_use]
    pub fn new(deployment: &Deployment, target: &TargetName, token: &str) -> Self {
        let mut run = Uuid::new_v4().simple().to_string();
        run.truncate(8);
        Self {
            deployment: deployment.to_string(),
            target: target.clone(),
            token: token.to_owned(),
            canary: false,
            run,
            published: None,
            revoked: None,
        }
    }

    /// The marker of a throw-away key.
    #[must_use]
    pub fn canary(deployment: &Deployment, target: &TargetName) -> Self {
        Self {
            canary: true,
            ..Self::new(deployment, target, "")
        }
    }

    /// Reads a description; `None` when it is not exactly a marker.
    #[must_use]
    pub fn parse(description: &str) -> Option<Self> {
        let mut words = description.strip_prefix(PREFIX)?.split(' ').peekable();
        let deployment = words.next()?.to_owned();
        let target = words.next()?.strip_prefix("target=")?.parse().ok()?;
        let word = words.next()?;
        let canary = word == CANARY;
        let token = if canary {
            ""
        } else {
            word.strip_prefix("token=")?
        };
        let run = match words.next() {
            Some(word) => word.strip_prefix("run=")?.to_owned(),
            None if canary => String::new(),
            None => return None,
        };
        let mut note = |name: &str| {
            let text = words.peek()?.strip_prefix(name)?.strip_prefix('=')?;
            words.next();
            Some(
                OffsetDateTime::parse(text, &Rfc3339)
                    .map_or_else(|_| Note::Unreadable(text.to_owned()), Note::At),
            )
        };
        let (published, revoked) = (note("published"), note("revoked"));
        let whole = words.next().is_none()
            && deployment.split('.').count() == 3
            && (canary || !token.is_empty())
            && (run.len() == 8 || (canary && run.is_empty()));
        whole.then_some(Self {
            deployment,
            target,
            token: token.to_owned(),
            canary,
            run,
            published,
            revoked,
        })
    }

    /// Whether this deployment made the key for `target`.
    #[must_use]
    pub fn is_for(&self, deployment: &Deployment, target: &TargetName) -> bool {
        self.is_of(deployment) && self.target == *target
    }

    /// Whether this deployment made the key.
    #[must_use]
    pub fn is_of(&self, deployment: &Deployment) -> bool {
        self.deployment == deployment.to_string()
    }

    /// The same marker with `published` at `now`; every other note is kept.
    #[must_use]
    pub fn published_at(&self, now: OffsetDateTime) -> Self {
        Self {
            published: Some(Note::At(now)),
            ..self.clone()
        }
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            deployment,
            target,
            token,
            run,
            ..
        } = self;
        write!(f, "{PREFIX}{deployment} target={target} ")?;
        if self.canary {
            f.write_str(CANARY)?;
        } else {
            write!(f, "token={token}")?;
        }
        if !run.is_empty() {
            write!(f, " run={run}")?;
        }
        for (name, note) in [("published", &self.published), ("revoked", &self.revoked)] {
            if let Some(note) = note {
                write!(f, " {name}={note}")?;
            }
        }
        Ok(())
    }
}

/// The same moment in UTC. A time at the end of the year 9999 may have none there: it stays what it
/// says, for somebody wrote it by hand and it means "never" anyway.
pub(super) fn utc(at: OffsetDateTime) -> OffsetDateTime {
    at.checked_to_offset(UtcOffset::UTC)
        .unwrap_or_else(|| at.replace_offset(UtcOffset::UTC))
}

/// The one form in which times are written: RFC 3339, UTC, whole seconds.
#[must_use]
pub fn rfc3339(at: OffsetDateTime) -> String {
    let at = utc(at);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::odd_input::{text, torn};

    const TEXT: &str = "keywheel/123456789012.us-east-1.default target=payments/orders \
        token=5b0a6d3e-6b0f-5a55-9a3f-0a7b2a1c9d10 run=a1b2c3d4";

    fn at(text: &str) -> OffsetDateTime {
        OffsetDateTime::parse(text, &Rfc3339).unwrap()
    }

    #[test]
    fn a_marker_reads_back_as_it_was_written() {
        for notes in [
            "",
            " published=2026-11-24T06:05:00Z",
            " revoked=2026-11-24T06:05:00Z",
            " published=2026-11-24T06:05:00Z revoked=2026-11-25T06:05:00Z",
            " published=yesterday",
        ] {
            let text = format!("{TEXT}{notes}");
            assert_eq!(Marker::parse(&text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_exactly_a_marker_belongs_to_somebody_else() {
        let edited = [
            "",
            "managed by Terraform",
            &TEXT.replace("run=a1b2c3d4", "run=a1b2"),
            &TEXT.replace("keywheel/", "keywheel2/"),
            &TEXT.replace("123456789012.", ""),
            &TEXT.replace("payments/orders", "Payments Orders"),
            &format!("{TEXT} owner=me"),
            &format!("{TEXT}  published=2026-11-24T06:05:00Z"),
            &format!("{TEXT} revoked=2026-11-24T06:05:00Z published=2026-11-24T06:05:00Z"),
        ];
        for text in edited {
            assert_eq!(Marker::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_canary_reads_back_and_was_made_for_no_version() {
        let text = "keywheel/123456789012.us-east-1.default target=cloud canary run=a1b2c3d4";
        for text in [text, text.trim_end_matches(" run=a1b2c3d4")] {
            let marker = Marker::parse(text).unwrap();
            assert_eq!(marker.to_string(), text);
            assert_eq!((marker.canary, &*marker.token), (true, ""));
        }
        let edited = text.replace("canary", "token=");
        assert_eq!(Marker::parse(&edited), None);
        assert!(!Marker::parse(TEXT).unwrap().canary);
    }

    #[test]
    fn account_region_and_deployment_are_all_compared() {
        let marker = Marker::parse(TEXT).unwrap();
        let target = "payments/orders".parse().unwrap();
        let ours = Deployment {
            account: "123456789012".into(),
            region: "us-east-1".into(),
            name: "default".into(),
        };
        assert!(marker.is_for(&ours, &target));
        for other in [
            Deployment {
                account: "210987654321".into(),
                ..ours.clone()
            },
            Deployment {
                region: "eu-west-1".into(),
                ..ours.clone()
            },
            Deployment {
                name: "staging".into(),
                ..ours.clone()
            },
        ] {
            assert!(!marker.is_for(&other, &target));
        }
        assert!(!marker.is_for(&ours, &"payments".parse().unwrap()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// A description is anybody's: what reads as a marker reads so again when we write it back.
        #[test]
        fn any_description_is_a_marker_that_reads_back_or_somebody_elses(
            any in text(),
            torn in torn(format!("{TEXT} published=2026-11-24T06:05:00Z revoked=2026-11-25T06:05:00Z")),
            published in text(),
            revoked in text(),
        ) {
            let noted = format!("{TEXT} published={published} revoked={revoked}");
            for description in [any, torn, noted] {
                let Some(marker) = Marker::parse(&description) else { continue };
                let written = marker.to_string();
                prop_assert!(written.starts_with("keywheel/"));
                let again = Marker::parse(&written);
                prop_assert_eq!(again.as_ref().map(ToString::to_string), Some(written));
                // No note that can be trusted is beyond reckoning.
                let now = OffsetDateTime::now_utc();
                let trusted = marker.published.and_then(|note| note.trusted(now));
                prop_assert!(trusted.is_none_or(|at| at.checked_add(Duration::days(36_500)).is_some()));
            }
        }
    }

    #[test]
    fn the_last_moment_of_the_calendar_can_be_written() {
        let last = at("9999-12-31T23:59:59-23:59");
        assert_eq!(rfc3339(last), "9999-12-31T23:59:59Z");
        assert_eq!(
            rfc3339(at("2026-11-24T06:05:00+02:00")),
            "2026-11-24T04:05:00Z"
        );
    }

    #[test]
    fn a_note_from_the_future_is_not_trusted() {
        let now = at("2026-11-24T06:05:00Z");
        assert_eq!(Note::At(now).trusted(now), Some(now));
        assert_eq!(Note::At(now + Duration::hours(1)).trusted(now), None);
        assert_eq!(Note::Unreadable("soon".into()).trusted(now), None);
    }

    #[test]
    fn the_longest_marker_fits_a_description() {
        let deployment = Deployment {
            account: "123456789012".into(),
            region: "ap-southeast-99".into(),
            name: "d".repeat(16),
        };
        let token = Uuid::new_v4().to_string();
        let mut marker = Marker::new(&deployment, &"t".repeat(64).parse().unwrap(), &token);
        let now = Note::At(at("2026-11-24T06:05:00Z"));
        (marker.published, marker.revoked) = (Some(now.clone()), Some(now));
        let text = marker.to_string();
        assert!(text.len() <= 255 && text.is_ascii(), "{}", text.len());
        assert_eq!(Marker::parse(&text), Some(marker));
    }
}
