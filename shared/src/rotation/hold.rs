//! Hold: a target is only kept alive until somebody says otherwise, or until a time.

use time::OffsetDateTime;

use super::{
    error::{RotationError, chain},
    report::{Report, Status, TargetReport},
    request::{Request, RequestError, Until},
    run::{Change, Run},
    state::{self, Hold, TargetState},
    sweep::{acts, check_named},
    targets,
};

/// Writes or ends the hold of each named target. It works on a broken target as well: nothing but
/// its name is needed.
///
/// # Errors
/// [`RotationError`] when the targets cannot be read, a named one does not exist, or the end lies
/// in the past.
pub(super) async fn hold(
    run: &Run,
    request: &Request,
    until: Until,
    reason: Option<&str>,
) -> Result<Report, RotationError> {
    let now = OffsetDateTime::now_utc();
    if let Until::At(at) = until
        && at <= now
    {
        let reason = "it lies in the past; `now` ends a hold".to_owned();
        let field = "until";
        return Err(RequestError::Value { field, reason }.into());
    }
    let entries = targets::read(run).await?;
    check_named(request, &entries)?;
    let mut report = Report::begin(run, request);
    for entry in entries.iter().filter(|entry| request.names(&entry.name)) {
        let before = state::read(run, &entry.name).await?;
        let mut state = before.clone();
        change(&mut state, until, reason, now);
        let summary = match state.on_hold(now) {
            Some(hold) => hold.sentence(),
            None => "not on hold".to_owned(),
        };
        let status = match state.on_hold(now) {
            Some(_) => Status::OnHold,
            None => Status::Kept,
        };
        let mut target = TargetReport::new(entry.name.clone(), status, summary);
        if acts(run, request) {
            let written =
                state::change(run, &entry.name, |state| change(state, until, reason, now)).await;
            match written {
                Ok(()) if before.hold == state.hold => {}
                Ok(()) => run.changed_of(
                    &entry.name,
                    &Change {
                        what: "changed the hold of",
                        subject: &entry.name,
                        before: &before.on_hold(now).map(Hold::sentence).unwrap_or_default(),
                        after: &target.summary,
                        reason: "by hand",
                        ..Change::default()
                    },
                ),
                Err(error) => (target.status, target.summary) = (Status::Failed, chain(&error)),
            }
        }
        report.targets.push(target);
    }
    report.finish();
    Ok(report)
}

fn change(state: &mut TargetState, until: Until, reason: Option<&str>, now: OffsetDateTime) {
    let until = match until {
        Until::Now => {
            state.hold = None;
            return;
        }
        Until::At(at) => Some(at.into()),
        Until::ToldOtherwise => None,
    };
    state.hold = Some(Hold {
        since: now.into(),
        until,
        reason: reason.map(str::to_owned),
    });
}
