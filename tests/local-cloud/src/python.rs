//! The Python that runs moto: a virtual environment under `target/local-cloud`, made on first use and made anew
//! whenever the requirements or the interpreter change.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use thiserror::Error;

use crate::{
    child::{Capture, Process, inherit_environment},
    paths,
    progress::Progress,
};

/// Why there is no Python environment.
#[derive(Debug, Error)]
pub enum PythonError {
    /// No interpreter, or one that is too old.
    #[error(
        "`python3` is missing or too old: the local cloud needs Python 3.11 to 3.13 with `venv`: {output}"
    )]
    Missing {
        /// What the shell said.
        output: String,
    },
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
    command.args([
        "-c",
        "import sys; print(sys.executable, sys.version); sys.exit(sys.version_info < (3, 11))",
    ]);
    run(command)
        .await
        .map_err(|output| PythonError::Missing { output })
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
        .map_err(|output| PythonError::Install { output })?;
    Ok(())
}

/// Runs to the end. What was printed is the result, also that of a failure.
async fn run(mut command: Command) -> Result<String, String> {
    inherit_environment(&mut command);
    let run = async {
        let output = Capture::new()?;
        let process = Process::start_watched(&command, output.writer()?, output.writer()?)?;
        let status = process.handle().ended().await;
        Ok((status, output.text()))
    };
    match run.await {
        Ok((status, output)) if status.success() => Ok(output),
        Ok((_, output)) => Err(output.trim().to_owned()),
        Err(error) => Err(io::Error::to_string(&error)),
    }
}
