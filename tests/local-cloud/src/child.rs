//! Child processes that never outlive this one, not even its kill -9: each ends when the pipe at its stdin closes,
//! and the pipe is held here and never written.

use std::{
    io,
    os::unix::process::ExitStatusExt,
    process::{ExitStatus, Stdio},
};

use tokio::{
    process::{ChildStdout, Command},
    sync::{mpsc, watch},
};

mod capture;
mod memory;

pub use capture::Capture;
pub use memory::Memory;

/// Runs a program that does not watch its stdin: a subprocess of the shell watches in its stead and kills the whole
/// group, the program's own children and itself included. (While the watcher lives, nobody else has the group's id.)
const WATCHED: &str = r#"exec 3<&0
{ read -r _; kill -9 -$$; } <&3 3<&- >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null"#;

/// A running child. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    handle: Handle,
    /// What the child prints; none when it is captured.
    pub stdout: Option<ChildStdout>,
}

/// Kills and awaits a process that somebody else holds.
#[derive(Debug, Clone)]
pub struct Handle {
    pid: Option<u32>,
    kill: mpsc::UnboundedSender<()>,
    ended: watch::Receiver<Option<ExitStatus>>,
}

impl Process {
    /// Starts a program that ends by itself when its stdin closes. Its output goes where `command` says.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start(mut command: Command) -> io::Result<Self> {
        // A group of its own: the Ctrl-C at our terminal is ours to handle.
        command
            .stdin(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command.spawn()?;
        let pid = child.id();
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (kill, mut killed) = mpsc::unbounded_channel::<()>();
        let (report, ended) = watch::channel(None);
        tokio::spawn(async move {
            tokio::select! {
                _ended = child.wait() => {}
                // A kill, or that nobody holds the process any more.
                _order = killed.recv() => {
                    // Refused only when it has ended already.
                    let _refused = child.start_kill();
                }
            }
            let status = child.wait().await;
            drop(stdin);
            // Without a status it is as good as killed: it cannot be waited for.
            let _unheard = report.send(Some(status.unwrap_or_else(|_| ExitStatus::from_raw(9))));
        });
        let handle = Handle { pid, kill, ended };
        Ok(Self { handle, stdout })
    }

    /// Starts any program under a watcher. `command` has its arguments and its whole environment: none is inherited
    /// but by [`inherit_environment`].
    ///
    /// # Errors
    /// The shell cannot be started; a program that cannot be is seen by its exit.
    pub fn start_watched(
        command: &std::process::Command,
        stdout: Stdio,
        stderr: Stdio,
    ) -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", WATCHED, "sh"]);
        shell.arg(command.get_program()).args(command.get_args());
        if let Some(folder) = command.get_current_dir() {
            shell.current_dir(folder);
        }
        shell.env_clear();
        shell.envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        shell.stdout(stdout).stderr(stderr);
        Self::start(shell)
    }

    /// For whoever must be able to kill it.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

/// Gives `command` the environment of this process.
pub fn inherit_environment(command: &mut std::process::Command) -> &mut std::process::Command {
    command.envs(std::env::vars_os())
}

impl Drop for Process {
    fn drop(&mut self) {
        // Refused only when it has ended already.
        let _refused = self.handle.kill.send(());
    }
}

impl Handle {
    /// Kills the process and waits until it is dead.
    pub async fn kill(&self) -> ExitStatus {
        // Refused only when it has ended already.
        let _refused = self.kill.send(());
        self.ended().await
    }

    /// Waits until the process has ended.
    pub async fn ended(&self) -> ExitStatus {
        let mut ended = self.ended.clone();
        let status = ended.wait_for(Option::is_some).await;
        // The reporter goes without a report only when its runtime shuts down, which kills the child.
        status
            .ok()
            .and_then(|status| *status)
            .unwrap_or_else(|| ExitStatus::from_raw(9))
    }

    /// Its memory; none when it has ended, and where there is no `/proc`.
    #[must_use]
    pub fn memory(&self) -> Option<Memory> {
        Memory::of(self.pid?)
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.ended.borrow().is_none()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    /// Far beyond what a shell needs on a busy machine.
    const BOUND: Duration = Duration::from_secs(20);

    fn shell(script: &str) -> (Process, Capture) {
        let output = Capture::new().unwrap();
        let mut command = std::process::Command::new("/bin/sh");
        command.args(["-c", script]);
        let (stdout, stderr) = (output.writer().unwrap(), output.writer().unwrap());
        let process = Process::start_watched(&command, stdout, stderr).unwrap();
        (process, output)
    }

    #[tokio::test]
    async fn output_is_whole_as_soon_as_the_child_has_ended() {
        let (process, output) = shell("echo one; echo two >&2; exit 3");
        let status = timeout(BOUND, process.handle().ended()).await.unwrap();
        assert_eq!(status.code(), Some(3));
        assert_eq!(output.text(), "one\ntwo\n");
    }

    #[tokio::test]
    async fn a_kill_returns_when_the_child_is_dead() {
        let (process, _output) = shell("exec sleep 1000");
        let status = timeout(BOUND, process.handle().kill()).await.unwrap();
        assert_eq!(status.signal(), Some(9));
        assert!(!process.handle().is_alive());
    }

    #[tokio::test]
    async fn what_a_child_started_ends_with_it() {
        let (process, output) = shell("sleep 1000 & echo $!; wait");
        timeout(BOUND, async {
            while !output.text().ends_with('\n') {
                tokio::task::yield_now().await;
            }
            process.handle().kill().await;
            let grandchild = format!("/proc/{}/cmdline", output.text().trim());
            // Empty is a process that has ended and that nobody has waited for.
            while std::fs::read(&grandchild).is_ok_and(|line| !line.is_empty()) {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    }

    #[tokio::test]
    async fn a_child_ends_when_the_pipe_closes() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", WATCHED, "sh", "sleep", "1000"]);
        command.stdin(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap();
        drop(child.stdin.take());
        let status = timeout(BOUND, child.wait()).await.unwrap().unwrap();
        assert_eq!(status.signal(), Some(9));
    }
}
