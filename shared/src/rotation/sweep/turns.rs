//! The turns of a sweep's targets, as many at once as it works on.

use std::collections::VecDeque;

use futures_util::{StreamExt, stream::FuturesUnordered};
use time::OffsetDateTime;

use crate::rotation::{
    conclude::{Circumstances, conclude},
    observe::Observation,
    plan::{Plan, Task, Wish},
    report::TargetReport,
    run::Run,
    state::TargetState,
    target::Target,
    work::{Outcome, work},
};

use super::{
    AT_ONCE,
    look::{Found, Looked, what_needs_only_aws},
};

/// So many turns has a target whose new key does not sign in yet, the later ones while others wait for theirs: a
/// sweep that has nothing else to do ends.
const TURNS: u32 = 3;

/// Works on targets, or answers what would be done.
pub(super) async fn turns(
    run: &Run,
    looked: Vec<Looked<'_>>,
    wish: &Wish,
    acts: bool,
) -> Vec<TargetReport> {
    let mut waiting: VecDeque<_> = looked
        .into_iter()
        .map(|looked| Turn::First(Box::new(looked)))
        .collect();
    let mut under_way = FuturesUnordered::new();
    let mut reports = Vec::with_capacity(waiting.len());
    loop {
        let free = AT_ONCE - under_way.len();
        let next = waiting.drain(..free.min(waiting.len()));
        under_way.extend(next.map(|turn| turn.take(run, wish, acts)));
        match under_way.next().await {
            Some(Taken::Done(report)) => reports.push(*report),
            Some(Taken::Unpublished(worked)) if waiting.is_empty() => {
                reports.push(worked.conclude(run, wish, acts));
            }
            Some(Taken::Unpublished(worked)) => waiting.push_back(Turn::Later(worked)),
            None => return reports,
        }
    }
}

enum Turn<'a> {
    First(Box<Looked<'a>>),
    Later(Box<Worked<'a>>),
}

enum Taken<'a> {
    Done(Box<TargetReport>),
    /// A later turn may publish it.
    Unpublished(Box<Worked<'a>>),
}

impl<'a> Turn<'a> {
    async fn take(self, run: &Run, wish: &Wish, acts: bool) -> Taken<'a> {
        let mut worked = match self {
            Self::First(looked) => match first(run, *looked, wish, acts).await {
                Ok(worked) => worked,
                Err(report) => return Taken::Done(report),
            },
            Self::Later(mut worked) => {
                let Worked {
                    target,
                    seen,
                    outcome,
                    ..
                } = &mut *worked;
                outcome.come_back(run, target, seen).await;
                worked
            }
        };
        worked.turns += 1;
        if worked.turns < TURNS && worked.outcome.may_come_back() {
            return Taken::Unpublished(worked);
        }
        Taken::Done(Box::new(worked.conclude(run, wish, acts)))
    }
}

/// The report alone of a target of which too little is known to work on it.
async fn first<'a>(
    run: &Run,
    looked: Looked<'a>,
    wish: &Wish,
    acts: bool,
) -> Result<Box<Worked<'a>>, Box<TargetReport>> {
    let Found {
        target,
        state,
        seen,
        plan,
    } = match looked {
        Looked::At(found) => *found,
        Looked::Unseen(target, report) if acts => {
            return Err(Box::new(what_needs_only_aws(run, target, report).await));
        }
        Looked::Problem(report) | Looked::Unseen(_, report) => return Err(Box::new(report)),
    };
    let (seen, plan, outcome) = if acts {
        work(run, target, wish, seen, plan).await
    } else {
        let outcome = Outcome::planned(&plan);
        (seen, plan, outcome)
    };
    Ok(Box::new(Worked {
        target,
        state,
        seen,
        plan,
        outcome,
        turns: 0,
    }))
}

/// A target that had a turn.
struct Worked<'a> {
    target: &'a Target,
    state: TargetState,
    seen: Observation,
    plan: Plan,
    outcome: Outcome,
    turns: u32,
}

impl Worked<'_> {
    fn conclude(self, run: &Run, wish: &Wish, acts: bool) -> TargetReport {
        let circumstances = Circumstances {
            state: &self.state,
            acts,
            now: OffsetDateTime::now_utc(),
        };
        let mut report = conclude(
            self.target,
            self.seen,
            self.plan,
            self.outcome,
            &circumstances,
        );
        if wish.task == Task::Release {
            let path = &run.settings.targets_path;
            let done = report.actions.iter().all(|action| action.done);
            report.warnings.push(match (acts, done) {
                (false, _) => format!(
                    "then remove parameter `{path}/{}`: its keys would be nobody's, and none but a pending one would be deleted",
                    self.target.name
                ),
                (true, true) => format!(
                    "remove parameter `{path}/{}`: its keys are nobody's now, and none but a pending one was deleted",
                    self.target.name
                ),
                (true, false) => "it is not handed back: ask again when what is said above is over".to_owned(),
            });
        }
        report
    }
}
