//! Lambda answers 6 MB at most; a report of ten thousand targets says less of each.

use std::{borrow::Cow, io};

use super::{Report, Status};

/// What an answer may be long, in bytes of JSON.
const LONGEST: usize = 5_000_000;

impl Report {
    /// The report, or as much of it as fits: first the keys of targets that are as they should be go,
    /// then those targets. `counts` stay, and the log has a line for each.
    pub(super) fn that_fits(&self) -> Cow<'_, Self> {
        self.within(LONGEST)
    }

    fn within(&self, longest: usize) -> Cow<'_, Self> {
        if self.length() <= longest {
            return Cow::Borrowed(self);
        }
        let mut shorter = self.clone();
        let warning =
            "the answer would be too long: keys and actions of targets that are kept are left out";
        shorter.warnings.push(warning.to_owned());
        let is_fine = |status| matches!(status, Status::Kept | Status::OnHold);
        for target in shorter
            .targets
            .iter_mut()
            .filter(|target| is_fine(target.status))
        {
            target.keys.clear();
            target.actions.clear();
        }
        if shorter.length() > longest {
            shorter.targets.retain(|target| !is_fine(target.status));
            let warning = "the answer would still be too long: targets that are kept are left out";
            shorter.warnings.push(warning.to_owned());
        }
        let mut left = shorter.targets.len();
        while shorter.length() > longest && left > 0 {
            left /= 2;
            shorter.targets.truncate(left);
        }
        Cow::Owned(shorter)
    }

    fn length(&self) -> usize {
        let mut counter = Counter(0);
        // It only counts.
        let _counted = serde_json::to_writer(&mut counter, self);
        counter.0
    }
}

struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rotation::report::{Counts, TargetReport};

    fn report(targets: usize) -> Report {
        let target = |n: usize| {
            let status = if n.is_multiple_of(100) {
                Status::Failed
            } else {
                Status::Kept
            };
            TargetReport::new(format!("team/service-{n}"), status, "a sentence".repeat(9))
        };
        Report {
            deployment: "default".to_owned(),
            request_id: "r".to_owned(),
            operation: "plan",
            mode: "plan",
            dry_run: false,
            complete: true,
            stopped_early: false,
            counts: Counts {
                targets,
                ..Counts::default()
            },
            targets: (0..targets).map(target).collect(),
            strays: Vec::new(),
            warnings: Vec::new(),
            discovered: None,
            outage: None,
            rate_limited: 0,
        }
    }

    #[test]
    fn what_is_too_long_loses_first_what_is_in_order() {
        let report = report(1000);
        assert!(matches!(report.that_fits(), Cow::Borrowed(_)));
        let shorter = report.within(100_000);
        assert!(shorter.length() < 100_000);
        assert_eq!((shorter.targets.len(), shorter.counts.targets), (10, 1000));
        assert_eq!(shorter.warnings.len(), 2);
        assert!(report.within(1000).length() <= 1000);
    }
}
