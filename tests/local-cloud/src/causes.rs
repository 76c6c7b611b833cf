//! An error with its causes, for places where nobody looks any further.

use std::error::Error;

/// The sentences of the error and of each of its sources, joined by `: `.
#[must_use]
pub fn sentence(error: &dyn Error) -> String {
    let mut sentence = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        sentence = format!("{sentence}: {error}");
        source = error.source();
    }
    sentence
}
