//! What a run leaves behind of each target in its soft state.

use futures_util::{StreamExt, stream};
use time::OffsetDateTime;

use crate::rotation::{
    announce::{self, News},
    error::chain,
    report::{Report, Status, TargetReport},
    run::Run,
    state::{self, TargetState},
};

use super::{AT_ONCE, look::is_bad};

/// Writes failures, back-off and recoveries, where the run `judges` and they change anything, and
/// what was told.
pub(in crate::rotation) async fn remember(
    run: &Run,
    report: &mut Report,
    news: &News,
    judges: bool,
) {
    let changed = report.targets.iter().filter_map(|target| {
        let judged = judges && matters(target);
        let told = news.get(&target.target);
        (judged || told.is_some()).then_some((target, judged, told))
    });
    let failed = stream::iter(changed.map(async |(target, judged, told)| {
        let written = state::change(run, &target.target, |state| {
            if judged {
                note(state, target);
            }
            if let Some(told) = told {
                announce::note(state, target, told);
            }
        })
        .await;
        written.err().map(|error| {
            format!(
                "the state of target `{}` was not kept: {}",
                target.target,
                chain(&error)
            )
        })
    }))
    .buffer_unordered(AT_ONCE)
    .filter_map(std::future::ready)
    .collect::<Vec<_>>()
    .await;
    report.warnings.extend(failed);
}

/// A target that was left alone, or did not get its turn, is what it was before.
fn matters(target: &TargetReport) -> bool {
    let untouched = target.backed_off || target.status == Status::NotReached;
    let changes = is_bad(target.status) || target.failed_before;
    changes && !untouched
}

fn note(state: &mut TargetState, target: &TargetReport) {
    if is_bad(target.status) {
        let kind = target.error_kind.unwrap_or("Failed");
        let refused = target.status == Status::Refused;
        state.fail(kind, refused, OffsetDateTime::now_utc());
    } else {
        state.work();
    }
}
