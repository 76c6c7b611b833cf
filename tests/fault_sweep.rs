//! The fault sweep: every remote call of every flow, cut off in every way. A flow is recorded first, so a new call is
//! covered without anyone adding it.
#![allow(
    clippy::unwrap_used,
    reason = "a panic here is a failed test, and says where"
)]

use std::{
    io::Write,
    sync::{Mutex, PoisonError},
};

#[path = "fault_sweep/call.rs"]
mod call;
#[path = "fault_sweep/case.rs"]
mod case;
#[path = "fault_sweep/cells.rs"]
mod cells;
#[path = "fault_sweep/crew.rs"]
mod crew;
#[path = "fault_sweep/flow.rs"]
mod flow;
#[path = "fault_sweep/flows.rs"]
mod flows;
#[path = "fault_sweep/intruder.rs"]
mod intruder;
#[path = "fault_sweep/story.rs"]
mod story;

use call::Call;
use case::Played;
use cells::Cell;
use flow::Flow;

/// Parts of the names of the cells to run, joined by ` + `, from among all; their stories are told.
const ONLY: &str = "FAULT_SWEEP";

#[test]
fn every_call_may_be_cut_off_in_one_way_or_another() {
    sweep("fault sweep", &flows::flows(), cells::all, cells::sampled);
}

#[test]
#[ignore = "half an hour: every call in every way"]
fn every_call_may_be_cut_off_in_every_way() {
    sweep("fault sweep", &flows::flows(), cells::all, cells::all);
}

#[test]
fn at_every_call_somebody_else_may_come_in_between() {
    let doubled = flows::doubled();
    sweep("duplicates", &doubled, cells::doubled, cells::doubled);
}

/// What there is to strike, told from the calls of each flow.
type Choice = fn(&[Vec<Call>]) -> Vec<Cell>;

/// One sweep at a time: each has as many processes as the machine bears.
static ONE: Mutex<()> = Mutex::new(());

/// Records, plays every chosen cell, and says how many there were; a violation is a panic that names the cell and tells
/// its story.
fn sweep(title: &str, flows: &[Flow], all: Choice, chosen: Choice) {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let jobs: Vec<_> = (0..flows.len()).map(|flow| (flow, None)).collect();
    let (calls, mut violations) = heard(flows, crew::play(flows, &jobs));
    let only = std::env::var(ONLY).ok();
    let cells = match &only {
        Some(parts) => {
            let mut cells = all(&calls);
            cells.retain(|cell| {
                let name = cell.name(flows);
                parts.split(" + ").all(|part| name.contains(part))
            });
            cells
        }
        None => chosen(&calls),
    };
    let jobs: Vec<_> = cells
        .iter()
        .map(|cell| (cell.flow, Some(cell.clone())))
        .collect();
    for (cell, played) in cells.iter().zip(crew::play(flows, &jobs)) {
        let name = cell.name(flows);
        if only.is_some() {
            tell(&format!("{name}\n{}", played.story));
        }
        violations.extend(played.violation(&name));
    }
    let count = calls.iter().map(Vec::len).sum::<usize>();
    let total = format!(
        "{title}: {} flows, {count} calls, {} cases, {} violations",
        flows.len(),
        cells.len(),
        violations.len()
    );
    // A line of its own: the harness may have begun one.
    tell(&format!("\n{total}"));
    assert!(
        violations.is_empty(),
        "{total}\n\n{}",
        violations.join("\n\n")
    );
}

/// The calls of each flow, and what was wrong without any fault.
fn heard(flows: &[Flow], recorded: Vec<Played>) -> (Vec<Vec<Call>>, Vec<String>) {
    let violations = flows.iter().zip(&recorded);
    let violations = violations
        .filter_map(|(flow, played)| played.violation(&format!("{} without a fault", flow.name)));
    let violations = violations.collect();
    (
        recorded.into_iter().map(|played| played.calls).collect(),
        violations,
    )
}

fn tell(text: &str) {
    // Past the harness, which shows what `println!` prints of failed tests alone.
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{text}").unwrap();
}
