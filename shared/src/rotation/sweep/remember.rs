//! What a run leaves behind of each target in its soft state.

use futures_util::{StreamExt, stream};
use time::OffsetDateTime;

use crate::rotation::{
    error::chain,
    report::{Report, Status, TargetReport},
    run::Run,
    state::{self, TargetState},
};

use super::{AT_ONCE, look::is_bad};

/// Writes failures, back-off and recoveries, where they change anything.
pub(super) async fn remember(run: &Run, report: &mut Report) {
    let changed = report.targets.iter().filter(|target| matters(target));
    let failed = stream::iter(changed.map(async |target| {
        let written = state::change(run, &target.target, |state| note(state, target)).await;
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
