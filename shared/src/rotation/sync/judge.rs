//! What the answers to one round of sign-ins mean.

use std::fmt;

use time::Duration;

/// Before this age a 403 may still be a key that is not known everywhere.
const FORBIDDEN_COUNTS_AFTER: Duration = Duration::minutes(5);

/// What a resource said to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Answer {
    /// It signs in.
    Accepted,
    /// 401.
    Refused,
    /// 403.
    Forbidden,
    /// No answer that tells: never grounds to call a key bad.
    Unreachable(String),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("signs in"),
            Self::Refused => f.write_str("401"),
            Self::Forbidden => f.write_str("403"),
            Self::Unreachable(reason) => write!(f, "no answer, {reason}"),
        }
    }
}

/// What the rounds said of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    SignedIn,
    SignedInForbidden,
    NotYet,
    Unreachable,
    CannotTell,
}

/// The 403 rule. A 403 is a sign-in when the same request with random credentials gets a 401 and
/// the current key, if one signs in at all, gets 403 too.
pub(super) fn judge(
    new: &Answer,
    control: Option<&Answer>,
    current: Option<&Answer>,
    age: Duration,
) -> Round {
    match (new, control) {
        (Answer::Accepted, _) => Round::SignedIn,
        (Answer::Unreachable(_), _) => Round::Unreachable,
        (Answer::Forbidden, Some(Answer::Forbidden)) => Round::CannotTell,
        (Answer::Forbidden, Some(Answer::Refused))
            if age >= FORBIDDEN_COUNTS_AFTER
                && matches!(current, None | Some(Answer::Forbidden | Answer::Refused)) =>
        {
            Round::SignedInForbidden
        }
        _ => Round::NotYet,
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer::*, *};

    const YOUNG: Duration = Duration::minutes(4);
    const OLD: Duration = Duration::minutes(6);

    #[test]
    fn f16_a_403_counts_only_with_control_age_and_the_current_key() {
        let table = [
            (Accepted, None, None, YOUNG, Round::SignedIn),
            (Refused, None, None, OLD, Round::NotYet),
            (
                Forbidden,
                Some(Refused),
                None,
                OLD,
                Round::SignedInForbidden,
            ),
            (
                Forbidden,
                Some(Refused),
                Some(Forbidden),
                OLD,
                Round::SignedInForbidden,
            ),
            (
                Forbidden,
                Some(Refused),
                Some(Refused),
                OLD,
                Round::SignedInForbidden,
            ),
            (Forbidden, Some(Refused), Some(Accepted), OLD, Round::NotYet),
            (Forbidden, Some(Refused), None, YOUNG, Round::NotYet),
            (Forbidden, Some(Forbidden), None, OLD, Round::CannotTell),
            (
                Forbidden,
                Some(Unreachable("timed out".into())),
                None,
                OLD,
                Round::NotYet,
            ),
            (
                Unreachable("timed out".into()),
                None,
                None,
                OLD,
                Round::Unreachable,
            ),
        ];
        for (new, control, current, age, expected) in table {
            let round = judge(&new, control.as_ref(), current.as_ref(), age);
            assert_eq!(round, expected, "{new} {control:?} {current:?} {age}");
        }
    }
}
