//! Where things lie in the checkout.

use std::path::PathBuf;

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    let member = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    member
        .ancestors()
        .nth(2)
        .map_or(member.clone(), PathBuf::from)
}

/// The sources of this crate that are not Rust: requirements and corrections.
#[must_use]
pub fn sources() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of everything the local cloud makes: `target/local-cloud`.
#[must_use]
pub fn state() -> PathBuf {
    root().join("target/local-cloud")
}

/// The default env file of `local-cloud up`.
#[must_use]
pub fn env_file() -> PathBuf {
    state().join("env")
}
