//! The outage rule: three failures in a row of the control plane itself end the invocation for all
//! that needs it, so that one outage is one failure and not one a target.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::{ConfluentError, ErrorKind};

/// Operations that fail in a row, each after its own repetitions.
const IN_A_ROW: u32 = 3;

/// Why nothing is asked any more in this invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// `Unavailable` or `Unauthorized`.
    pub kind: ErrorKind,
    /// The last failure, as a sentence.
    pub last: String,
}

/// How the last operations of one invocation ended.
#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<Row>);

#[derive(Debug, Default)]
struct Row {
    failures: u32,
    ended: Option<Ended>,
}

impl Outage {
    /// Why nothing is asked any more, if so.
    pub(super) fn ended(&self) -> Option<Ended> {
        self.row().ended.clone()
    }

    /// Refuses to ask once it has ended.
    pub(super) fn check(&self, operation: &str) -> Result<(), ConfluentError> {
        match &self.row().ended {
            Some(ended) => Err(ConfluentError::GivenUp {
                operation: operation.to_owned(),
                kind: ended.kind,
            }),
            None => Ok(()),
        }
    }

    /// Counts an operation. Any answer that is no failure of the service itself ends the row.
    pub(super) fn count<T>(
        &self,
        operation: Result<T, ConfluentError>,
    ) -> Result<T, ConfluentError> {
        let mut row = self.row();
        let kind = operation.as_ref().err().map(ConfluentError::kind);
        row.failures = match kind {
            Some(ErrorKind::OutOfTime) => row.failures,
            Some(ErrorKind::Unavailable | ErrorKind::Unauthorized) => row.failures + 1,
            _ => 0,
        };
        if let (Err(error), Some(kind), None) = (&operation, kind, &row.ended)
            && row.failures >= IN_A_ROW
        {
            let last = error.to_string();
            row.ended = Some(Ended { kind, last });
        }
        operation
    }

    fn row(&self) -> MutexGuard<'_, Row> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confluent::Refusal;

    fn refused(status: u16) -> Result<(), ConfluentError> {
        Err(ConfluentError::Refused(Box::new(Refusal {
            operation: "list API keys".to_owned(),
            status,
            code: None,
            detail: None,
            request_id: None,
            retry_after: None,
            invalid_api_key: false,
        })))
    }

    #[test]
    fn three_in_a_row_end_it_and_an_answer_begins_anew() {
        let outage = Outage::default();
        for status in [500, 503, 404, 502, 401, 200, 500, 503] {
            let answer = if status == 200 {
                Ok(())
            } else {
                refused(status)
            };
            let _counted = outage.count(answer);
            outage.check("get").unwrap();
        }
        let third = outage.count(refused(401)).unwrap_err();
        assert!(
            !matches!(third, ConfluentError::GivenUp { .. }),
            "what became of a call is not hidden"
        );
        let ended = outage.ended().unwrap();
        assert_eq!(ended.kind, ErrorKind::Unauthorized);
        let error = outage.check("get API key `ABC`").unwrap_err();
        insta::assert_snapshot!(error, @"could not get API key `ABC`: not asked, because three calls in a row failed");
        assert_eq!(
            (error.kind(), error.certainly_not_done()),
            (ErrorKind::Unauthorized, true)
        );
    }

    #[test]
    fn a_rate_limit_is_no_outage() {
        let outage = Outage::default();
        for _ in 0..5 {
            let _counted = outage.count(refused(429));
        }
        assert_eq!(outage.ended(), None);
    }
}
