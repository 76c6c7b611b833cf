//! The binaries under test, built once a process by the Cargo that builds the tests.

use std::{collections::BTreeMap, io, path::PathBuf, process::Stdio};

use serde::Deserialize;
use thiserror::Error;
use tokio::{process::Command, sync::OnceCell};

use crate::{paths, progress::Progress};

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
/// Cargo is missing or refuses; the next call tries again.
pub async fn functions(
    progress: Progress,
) -> Result<&'static BTreeMap<String, PathBuf>, BuildError> {
    static BUILT: OnceCell<BTreeMap<String, PathBuf>> = OnceCell::const_new();
    BUILT.get_or_try_init(|| build(progress)).await
}

async fn build(progress: Progress) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(&cargo)
        .args(["build", "--workspace", "--bins"])
        // Whoever is built for release is told about release builds.
        .args((!cfg!(debug_assertions)).then_some("--release"))
        // Rendered diagnostics go to stderr, so that stdout holds JSON only and they can be shown.
        .arg("--message-format=json-render-diagnostics")
        .current_dir(paths::root())
        .stdin(Stdio::null())
        .stderr(match progress {
            Progress::Shown => Stdio::inherit(),
            Progress::Hidden => Stdio::piped(),
        })
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|source| BuildError::Cargo { cargo, source })?;
    if !output.status.success() {
        return Err(BuildError::Build {
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    Ok(binaries(&output.stdout))
}

fn binaries(messages: &[u8]) -> BTreeMap<String, PathBuf> {
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
        .split(|byte| *byte == b'\n')
        // The other messages (build scripts, the end) have another form.
        .filter_map(|line| serde_json::from_slice::<Artifact>(line).ok())
        .filter_map(|artifact| Some((artifact.target.name, artifact.executable?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_executed_is_a_binary() {
        let messages =
            br#"{"reason":"compiler-artifact","target":{"name":"shared"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"key-rotation"},"executable":"/t/key-rotation"}
{"reason":"build-script-executed","package_id":"x"}
{"reason":"build-finished","success":true}
"#;
        let found = binaries(messages);
        assert_eq!(found.len(), 1);
        assert_eq!(found["key-rotation"], PathBuf::from("/t/key-rotation"));
    }
}
