//! How much a sweep may begin.

use crate::rotation::{
    plan::{Action, Task},
    run::Run,
};

use super::Looked;

/// The most overdue first; rotations and retirements beyond the caps wait for the next sweep.
/// What is named by hand is not capped.
pub(super) fn cap(run: &Run, task: &Task, looked: &mut [Looked<'_>]) {
    looked.sort_by_key(Looked::due);
    if *task != Task::Sweep {
        return;
    }
    let (mut rotations, mut retirements) = (0u32, 0u32);
    for looked in looked {
        let Looked::At(found) = looked else { continue };
        let plan = &mut found.plan;
        let warnings = &mut plan.warnings;
        let mut fits = |kind: &str, count: &mut u32, most: u32| {
            *count += 1;
            let fits = *count <= most;
            if !fits {
                warnings.push(format!("the {kind} waits: a sweep begins at most {most}"));
            }
            fits
        };
        let settings = &run.settings;
        plan.actions.retain(|planned| match planned.action {
            Action::Rotate { forced: false } => {
                fits("rotation", &mut rotations, settings.max_rotations_per_sweep)
            }
            Action::Retire { .. } => fits(
                "retirement",
                &mut retirements,
                settings.max_retirements_per_sweep,
            ),
            _ => true,
        });
    }
}
