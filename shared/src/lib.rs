//! The library behind the functions, modules in reading order.
pub mod aws;
pub mod stream;
