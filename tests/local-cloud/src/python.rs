//! The Python that runs moto: a virtual environment under `target/local-cloud`, made on first use and made anew
//! whenever the requirements or the interpreter change.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;
use tokio::process::Command;

use crate::{paths, progress::Progress};

/// Why there is no Python environment.
#[derive(Debug, Error)]
pub enum PythonError {
    /// No interpreter.
    #[error("`python3` is not installed: the local cloud needs Python 3.11 or later with `venv`")]
    Missing(#[source] io::Error),
    /// No `venv` module, as on Debian without `python3-venv`.
    #[error(
        "`python3 -m venv` failed: install the package that brings it (Debian: `python3-venv`): {output}"
    )]
    Venv {
        /// What it printed.
        output: String,
    },
    /// Requirements that cannot be had.
    #[error("`pip install` of `tests/local-cloud/requirements.txt` failed: {output}")]
    Install {
        /// What it printed.
        output: String,
    },
    /// Files that cannot be read or written.
    #[error("the Python environment in `{}` cannot be made", folder.display())]
    Folder {
        /// Where.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The interpreter of the environment, which is made first if need be; `progress` hears when that takes a while. Processes that ask at
/// the same time wait for one another.
///
/// # Errors
/// Each says what to install or to look at.
pub async fn interpreter(progress: Progress) -> Result<PathBuf, PythonError> {
    let folder = paths::state().join("python");
    let unusable = |source| PythonError::Folder {
        folder: folder.clone(),
        source,
    };
    let requirements = paths::sources().join("requirements.txt");
    let wanted = format!(
        "{}\n{}",
        version().await?,
        fs::read_to_string(&requirements).map_err(unusable)?
    );
    // Held until the end of this function.
    let _lock = lock(folder.with_extension("lock"))
        .await
        .map_err(unusable)?;
    let stamp = folder.join("made-from.txt");
    if fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == wanted) {
        return Ok(interpreter_in(&folder));
    }
    progress.say("installing moto into target/local-cloud/python (the first time takes a minute)");
    make(&folder, &requirements).await?;
    // Written last and in one rename: whoever sees it sees a whole environment.
    let unfinished = stamp.with_extension("part");
    fs::write(&unfinished, wanted).map_err(unusable)?;
    fs::rename(unfinished, stamp).map_err(unusable)?;
    Ok(interpreter_in(&folder))
}

fn interpreter_in(folder: &Path) -> PathBuf {
    folder.join("bin/python")
}

async fn version() -> Result<String, PythonError> {
    let mut command = Command::new("python3");
    // Of the interpreter itself: `python3` may be a wrapper that chooses one.
    command.args(["-c", "import sys; print(sys.executable, sys.version)"]);
    let output = command.output().await.map_err(PythonError::Missing)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

async fn lock(path: PathBuf) -> io::Result<File> {
    let locked = tokio::task::spawn_blocking(move || {
        fs::create_dir_all(paths::state())?;
        let file = File::create(path)?;
        file.lock()?;
        Ok(file)
    });
    locked.await.map_err(io::Error::other)?
}

async fn make(folder: &Path, requirements: &Path) -> Result<(), PythonError> {
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(folder);
    run(venv)
        .await
        .map_err(|output| PythonError::Venv { output })?;

    let mut pip = Command::new(interpreter_in(folder));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ])
    .args(["--require-hashes", "--requirement"])
    .arg(requirements);
    run(pip)
        .await
        .map_err(|output| PythonError::Install { output })
}

/// Runs to the end; a failure is what was printed.
async fn run(mut command: Command) -> Result<(), String> {
    let output = command
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let printed = [output.stdout, output.stderr].concat();
    Err(String::from_utf8_lossy(&printed).trim().to_owned())
}
