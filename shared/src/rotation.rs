//! The rotation engine: create → sync → publish → retire, driven by the sweep and by Secrets
//! Manager's callback alike.
//!
//! Reading order: [`target`] and [`request`] are what comes in; [`marker`] and [`version`] what is
//! stored outside; [`observe`] → [`plan`] → `work` what a run does with a target, by the steps
//! `create`, `sync`, [`publish`] (with `copies` and `guard`) and [`retire`]; `sweep` and [`callback`] drive them; [`report`]
//! is what comes out.

mod adopt;
mod announce;
pub mod callback;
mod canary;
pub mod check;
mod cloud_key;
mod conclude;
mod copies;
mod create;
pub mod discover;
pub mod engine;
pub mod error;
mod events;
mod grants;
mod guard;
mod hold;
mod keyless;
mod labels;
pub mod marker;
mod metrics;
pub mod observe;
pub mod plan;
pub mod publish;
mod quotas;
mod release;
pub mod report;
pub mod request;
pub mod retire;
mod revoke;
mod rollback;
pub mod run;
mod starts;
pub mod state;
mod sweep;
mod sync;
pub mod target;
mod targets;
pub mod version;
mod work;

pub use self::{
    callback::{StepAnswer, StepEvent},
    engine::Engine,
    error::RotationError,
    report::Report,
    request::{Output, Request},
};
