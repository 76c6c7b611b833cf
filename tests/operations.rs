//! What people ask of targets by hand, and what keeps many targets and many teams out of each other's way.
#![allow(
    clippy::unwrap_used,
    reason = "a panic here is a failed test, and says where"
)]

#[path = "operations/adopt.rs"]
mod adopt;
#[path = "operations/back_off.rs"]
mod back_off;
#[path = "operations/bad_input.rs"]
mod bad_input;
#[path = "operations/check.rs"]
mod check;
#[path = "operations/discover.rs"]
mod discover;
#[path = "operations/hold.rs"]
mod hold;
#[path = "operations/many.rs"]
mod many;
#[path = "operations/outage.rs"]
mod outage;
#[path = "operations/release.rs"]
mod release;
#[path = "operations/report.rs"]
mod report;
#[path = "operations/retire.rs"]
mod retire;
#[path = "operations/revoke.rs"]
mod revoke;
#[path = "operations/rollback.rs"]
mod rollback;
#[path = "operations/teams.rs"]
mod teams;
#[path = "operations/ten_thousand.rs"]
mod ten_thousand;
