//! The local cloud: what the tests and the demo run against, all of it on 127.0.0.1.
//!
//! Modules in reading order: [`cloud`] starts everything and is what a test holds; [`control`] is the same over
//! HTTP. Each server's requests go through one [`door`] (request log, faults). AWS is moto with our corrections
//! ([`moto`]) behind a proxy ([`aws_proxy`]), Confluent Cloud an emulator behind [`gateways`], Lambda the built
//! binaries ([`functions`]) behind a Runtime API played here ([`player`]).

pub mod cloud;
pub mod control;

pub mod aws_proxy;
pub mod door;
pub mod emulator;
pub mod faults;
pub mod gateways;
pub mod refusal;
pub mod requests;

pub mod functions;
pub mod lambda;
pub mod moto;
pub mod player;

pub mod causes;
pub mod child;
pub mod http_client;
pub mod paths;
pub mod progress;
pub mod python;
pub mod serve;
