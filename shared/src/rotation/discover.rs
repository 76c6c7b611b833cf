//! `discover`: what could be a target. Every key of the organization is held against every secret below
//! some prefixes. Read only: nothing is written, at Confluent or at AWS.
//!
//! `look` reads, `decide` concludes from values alone, [`Discovered`] is what comes out.

mod decide;
mod findings;
mod look;
mod name;
mod propose;
#[cfg(test)]
mod tests;
mod text;

pub(super) use self::look::held_by_refused;

pub use self::findings::{
    Discovered, DiscoveredCounts, KeyFinding, Proposal, SecretFinding, Staged,
};

use super::{error::RotationError, report::Report, request::Request, run::Run};

/// The most that the findings may take in an answer, in bytes of JSON.
const LARGEST: usize = 4_500_000;

/// Carries out `discover`.
///
/// # Errors
/// [`RotationError`] when a listing fails: half of the keys or secrets would make the rest look held by
/// nobody. A secret that cannot be read is a finding.
pub(super) async fn discover(
    run: &Run,
    request: &Request,
    prefixes: &[String],
) -> Result<Report, RotationError> {
    let (found, mut warnings) = look::look(run, prefixes).await?;
    let mut discovered = decide::decide(&found);
    if discovered.counts.unreadable > 0 {
        warnings.push(format!(
            "{} secrets could not be read: a key that only they hold is told as held by nobody",
            discovered.counts.unreadable
        ));
    }
    if discovered.fit_into(LARGEST) {
        warnings.push(
            "not every finding fits into one answer: `counts` tells all of them, and shorter lists \
             come from longer `secret_prefixes`"
                .to_owned(),
        );
    }
    let mut report = Report::begin(run, request);
    report.rate_limited = run.confluent.rate_limited().into();
    report.warnings = warnings;
    report.discovered = Some(Box::new(discovered));
    Ok(report)
}
