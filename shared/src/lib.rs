//! The library behind the functions, modules in reading order.
pub mod aws;
pub mod client_config;
pub mod confluent;
pub mod event_bus;
pub mod failure;
pub mod http;
pub mod log;
#[cfg(test)]
mod odd_input;
mod ordered;
pub mod parameters;
pub mod rotation;
pub mod secrets;
pub mod settings;
pub mod stream;
pub mod web_identity;
