//! The binaries under test, built once a process by the Cargo that builds the tests.

use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde::Deserialize;
use thiserror::Error;
use tokio::sync::OnceCell;

use crate::{
    child::{Capture, Process, inherit_environment},
    paths,
    progress::Progress,
};

/// Why there are no binaries.
#[derive(Debug, Error)]
pub enum BuildError {
    /// Cargo cannot be started.
    #[error("`{cargo}` cannot be started")]
    Cargo {
        /// `$CARGO`, else `cargo`.
        cargo: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The workspace does not compile.
    #[error("`cargo build --workspace --bins` failed: {output}")]
    Build {
        /// What Cargo printed, if it was not shown already.
        output: String,
    },
}

/// Builds the workspace's binaries (nothing to do takes 0.2 s) and tells where each is, by name.
///
/// # Errors
/// Cargo is missing or refuses; each later call gets the same error.
pub async fn functions(
    progress: Progress,
) -> Result<&'static BTreeMap<String, PathBuf>, &'static BuildError> {
    static BUILT: OnceCell<Result<BTreeMap<String, PathBuf>, BuildError>> = OnceCell::const_new();
    // Whoever is built for release is told about release builds.
    let profile = if cfg!(debug_assertions) {
        "dev"
    } else {
        "release"
    };
    BUILT
        .get_or_init(|| built_with(profile, progress))
        .await
        .as_ref()
}

/// The same by a profile of the workspace's, not kept.
///
/// # Errors
/// Cargo is missing or refuses.
pub async fn built_with(
    profile: &str,
    progress: Progress,
) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(&cargo);
    inherit_environment(&mut command)
        .args(["build", "--workspace", "--bins", "--profile", profile])
        // Diagnostics go to stderr as text, where they can be shown; stdout holds JSON only.
        .arg("--message-format=json-render-diagnostics")
        .current_dir(paths::root());
    let run = async {
        let (messages, errors) = (Capture::new()?, Capture::new()?);
        let stderr = match progress {
            Progress::Shown => Stdio::inherit(),
            Progress::Hidden => errors.writer()?,
        };
        let process = Process::start_watched(&command, messages.writer()?, stderr)?;
        let status = process.handle().ended().await;
        Ok((status, messages.text(), errors.text()))
    };
    let (status, messages, output) = run
        .await
        .map_err(|source| BuildError::Cargo { cargo, source })?;
    if status.success() {
        Ok(binaries(&messages))
    } else {
        Err(BuildError::Build { output })
    }
}

fn binaries(messages: &str) -> BTreeMap<String, PathBuf> {
    #[derive(Deserialize)]
    struct Artifact {
        target: Target,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }
    messages
        .lines()
        // The other messages (build scripts, the end) have another form.
        .filter_map(|line| serde_json::from_str::<Artifact>(line).ok())
        .filter_map(|artifact| Some((artifact.target.name, artifact.executable?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_executed_is_a_binary() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"shared"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"key-rotation"},"executable":"/t/key-rotation"}
{"reason":"build-script-executed","package_id":"x"}
{"reason":"build-finished","success":true}
"#;
        let found = binaries(messages);
        assert_eq!(found.len(), 1);
        assert_eq!(found["key-rotation"], PathBuf::from("/t/key-rotation"));
    }
}
