//! How near a sweep comes to what Confluent's rate limit allows: `cargo bench --bench sweep`.
//!
//! A thousand targets are due (100 service accounts with a key for each of 8 Kafka and 2 Schema Registry clusters).
//! Confluent answers after 250 ms and takes 10 calls a second (a bucket of 10, with `X-RateLimit-*` and `Retry-After`);
//! a new key is refused at its resource for 20 to 120 s. Sweeps repeat, one directly after another, until all are
//! published. What runs is the built function behind a played Runtime API; AWS is in memory and answers at once.
//!
//! All of these times are divided by 20, Lambda's 15 minutes and `SETTLE_SECONDS` (60) too, and so are the seconds
//! of the headers: a whole one of Confluent's lasts 0.05 s here. `PROBE_ROUND_GAP_SECONDS` cannot be divided: it
//! is 1, its smallest value, where 10 / 20 would be 0.5. So the wait between two probes counts twice what it should, and the figures
//! are a little worse than in real time. Timers that are late by a millisecond, as all are, count 20 of real time.
//!
//! One line an id goes to stdout, all else to stderr; exit 1 when a gate is missed.
//!
//! | id | what |
//! |---|---|
//! | R1 | targets done ÷ (rate × time ÷ calls needed): calls needed are those of a run without limit, latency and wait for sync |
//! | R2 | calls refused with 429, percent of all calls |
//! | R4 | peak resident memory of the function, MB |
//! | R5 | writes to Secrets Manager in the busiest ten seconds, a second; in real time, where AWS takes 50 |
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its output is what it is for"
)]

use std::{process::ExitCode, time::Duration};

use local_cloud::{causes, requests::Entry};
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

#[path = "sweep/aws.rs"]
mod aws;
#[path = "sweep/figure.rs"]
mod figure;
#[path = "sweep/organization.rs"]
mod organization;
#[path = "sweep/scene.rs"]
mod scene;

use figure::{Bound::AtLeast, Bound::AtMost, Figure};
use organization::TARGETS;
use scene::{Run, Scene};

/// All times are divided by this.
const FASTER: f64 = 20.0;
const PER_SECOND: f64 = 10.0;
const LATENCY: Duration = Duration::from_millis(250);
const SYNC: [f64; 2] = [20.0, 120.0];
const LAMBDA_TIMEOUT: Duration = Duration::from_secs(900);
/// `PROBE_ROUND_GAP_SECONDS` in real time.
const ROUND_GAP: f64 = 10.0;
/// The rest as it is by default, for what is no part of the figures.
const UNHURRIED: [(&str, &str); 2] = [
    ("PROBE_ROUND_GAP_SECONDS", "1"),
    ("MAX_ROTATIONS_PER_SWEEP", "1000"),
];
const HURRIED: [(&str, &str); 3] = [
    ("PROBE_ROUND_GAP_SECONDS", "1"),
    ("MAX_ROTATIONS_PER_SWEEP", "1000"),
    ("SETTLE_SECONDS", "3"),
];
/// The span in which the busiest writes are counted, in real seconds.
const BUSIEST: f64 = 10.0;

#[tokio::main]
async fn main() -> ExitCode {
    match measure().await {
        Ok(figures) => {
            for figure in &figures {
                println!("{figure}");
            }
            let missed = figures.iter().any(|figure| !figure.passes());
            ExitCode::from(u8::from(missed))
        }
        Err(error) => {
            eprintln!("no figures: {}", causes::sentence(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> Result<Vec<Figure>, Box<dyn std::error::Error>> {
    let scene = Scene::start().await?;
    eprintln!("first keys, without limit:");
    whole(scene.publish_all(&UNHURRIED, LAMBDA_TIMEOUT).await)?;
    scene.age();
    eprintln!("a month later, without limit:");
    let unlimited = whole(scene.publish_all(&UNHURRIED, LAMBDA_TIMEOUT).await)?;
    let needed = unlimited.calls().count();
    scene.age();

    scene.slow_down(LATENCY.div_f64(FASTER))?;
    let [at_least, at_most] = SYNC.map(|seconds| seconds / FASTER);
    scene
        .emulator
        .set_sync(json!({"seconds": at_least, "at_most": at_most}))?;
    scene.emulator.set_rate(json!({
        "per_second": PER_SECOND * FASTER, "burst": PER_SECOND, "second": 1.0 / FASTER
    }))?;
    eprintln!("another month later, {PER_SECOND} calls a second (times are divided by {FASTER}):");
    let timeout = LAMBDA_TIMEOUT.div_f64(FASTER);
    let run = whole(scene.publish_all(&HURRIED, timeout).await)?;
    Ok(judge(&run, needed))
}

fn whole(run: Run) -> Result<Run, String> {
    if run.published == TARGETS {
        return Ok(run);
    }
    Err(format!("{} of {TARGETS} were published", run.published))
}

fn judge(run: &Run, needed: usize) -> Vec<Figure> {
    let seconds = run.time.as_secs_f64() * FASTER;
    let needed_each = needed as f64 / TARGETS as f64;
    let possible = PER_SECOND * seconds / needed_each;
    let calls = run.calls().count() as f64;
    let refused = run
        .calls()
        .filter(|entry| entry.status == Some(429))
        .count() as f64;
    let memory = run
        .memory
        .map_or(f64::NAN, |memory| memory.peak as f64 / 1000.0);
    let writes: Vec<_> = run
        .requests
        .iter()
        .filter(|entry| is_write(entry))
        .collect();
    let busiest = busiest(&writes);
    // One target after another, and nothing refused: each waits for its own sync.
    let waits = f64::midpoint(SYNC[0], SYNC[1]) + ROUND_GAP;
    let sequential = TARGETS as f64 * ((needed_each + 2.0) * LATENCY.as_secs_f64() + waits);
    eprintln!(
        "in real time: {seconds:.0} s, {} sweeps, {calls} calls ({needed} needed), {refused} refused; \
         {} writes to Secrets Manager, {:.1} a second, {busiest:.1} in the busiest {BUSIEST} s",
        run.sweeps,
        writes.len(),
        writes.len() as f64 / seconds,
    );
    eprintln!(
        "one target after another would take {:.1} hours, {:.0} times as long",
        sequential / 3600.0,
        sequential / seconds
    );
    let figure = |id, value, bound, gate, goal| Figure {
        id,
        value,
        bound,
        gate,
        goal,
    };
    vec![
        figure("R1", run.published as f64 / possible, AtLeast, 0.75, 0.85),
        figure("R2", 100.0 * refused / calls, AtMost, 5.0, 2.0),
        figure("R4", memory, AtMost, 60.0, 40.0),
        figure("R5", busiest, AtMost, 40.0, 40.0),
    ]
}

fn is_write(entry: &Entry) -> bool {
    aws::is_write(&entry.service, &entry.operation)
}

/// Writes a second in the busiest of all spans that begin with a write, in real time.
fn busiest(writes: &[&Entry]) -> f64 {
    let at: Vec<_> = writes.iter().filter_map(|entry| when(&entry.at)).collect();
    let span = time::Duration::seconds_f64(BUSIEST / FASTER);
    let within = at.iter().enumerate().map(|(nth, from)| {
        let later = at[nth..].iter();
        later.take_while(|at| **at < *from + span).count()
    });
    within.max().unwrap_or(0) as f64 / BUSIEST
}

fn when(at: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(at, &Rfc3339).ok()
}
