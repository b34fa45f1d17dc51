//! A `lingerd` process: its settings (as environment variables), its log, signals, and restarts on the same port. Knows
//! no HTTP.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, anyhow, bail, ensure};
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::folder::Folder;
use crate::{DEADLINE, port, process};

/// How to start a node.
#[derive(Clone)]
pub struct Settings {
    program: PathBuf,
    folder: Folder,
    environment: Vec<(OsString, OsString)>,
}

/// A running node. It is killed when this is dropped, or when the owning process ends.
pub struct Node {
    settings: Settings,
    port: u16,
    process: Option<Child>,
    log: Log,
}

type Log = Arc<Mutex<Vec<String>>>;

impl Settings {
    /// Settings for the `lingerd` at this path, to run in a folder, which nodes may share. The node's door is open;
    /// else its environment contains only what [`Settings::set`] adds.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>, folder: &Folder) -> Self {
        let settings = Self { program: program.into(), folder: folder.clone(), environment: Vec::new() };
        settings.set("ROCKET_CHAT__REGISTRATION", "open").set("ROCKET_CHAT__GUESTS", "on")
    }

    /// Sets a variable in the node's environment.
    #[must_use]
    pub fn set(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Turns off all rate limits.
    #[must_use]
    pub fn without_limits(self) -> Self {
        self.set("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0")
            .set("ROCKET_CHAT__LIMITS__CONNECTS_PER_MINUTE", "0")
            .set("ROCKET_CHAT__LIMITS__CHANGES_PER_MINUTE", "0")
            .set("ROCKET_CHAT__LIMITS__SIGN_IN_FAILURES_PER_HALF_HOUR", "0")
            .set("ROCKET_CHAT__LIMITS__GUESTS_PER_DAY_PER_ADDRESS", "0")
            .set("ROCKET_CHAT__LIMITS__ROOMS_PER_USER", "0")
    }
}

impl Node {
    /// Starts a node on a free port and returns once it listens.
    ///
    /// # Errors
    /// Returns an error with the node's log if it does not start.
    pub async fn start(settings: Settings) -> anyhow::Result<Self> {
        let mut node = Self { settings, port: port::free()?, process: None, log: Log::default() };
        node.start_again().await?;
        Ok(node)
    }

    /// Restarts an ended node on the same port and in the same folder.
    ///
    /// # Errors
    /// Returns an error if the node still runs, or does not start.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        ensure!(self.has_exited()?, "the node still runs");
        let Settings { program, folder, environment } = &self.settings;
        let mut process = Command::new(program)
            .current_dir(folder.path())
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .args(["--port", &self.port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        folder.watch(process.id().context("just spawned")?);
        let (listens, listening) = oneshot::channel();
        follow(process.stdout.take(), &self.log, Some(listens));
        // Panics are written to standard error.
        follow(process.stderr.take(), &self.log, None);
        self.process = Some(process);
        let port = timeout(DEADLINE, listening).await;
        match port {
            Ok(Ok(port)) => self.port = port,
            _ => bail!("the node did not start: {}", self.log().join("\n")),
        }
        Ok(())
    }

    /// Runs a command of the node's program with the node's settings, and returns what it prints.
    ///
    /// # Errors
    /// Returns an error with what it prints on standard error if it fails.
    pub async fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let Settings { program, folder, environment } = &self.settings;
        let output = Command::new(program)
            .current_dir(folder.path())
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .args(["--port", &self.port.to_string()])
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = timeout(DEADLINE, output).await??;
        ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Sends SIGTERM, waits for the node to end, and returns its exit status.
    ///
    /// # Errors
    /// Returns an error if the node does not run, or does not end in time.
    pub async fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        self.wait_for_exit().await
    }

    /// Sends SIGKILL, as in a crash, and returns once the node has ended.
    ///
    /// # Errors
    /// Returns an error if the node does not run.
    pub async fn kill(&mut self) -> anyhow::Result<ExitStatus> {
        self.signal(Signal::KILL)?;
        self.wait_for_exit().await
    }

    /// Sends SIGSTOP: the process stays, but does nothing.
    ///
    /// # Errors
    /// Returns an error if the node does not run.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Sends SIGCONT, after [`Node::pause`].
    ///
    /// # Errors
    /// Returns an error if the node does not run.
    pub fn resume(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// Returns an error if the node does not run.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        process::signal(self.pid()?, signal);
        Ok(())
    }

    /// Waits until the node has ended and returns its exit status.
    ///
    /// # Errors
    /// Returns an error if it does not end in time.
    pub async fn wait_for_exit(&mut self) -> anyhow::Result<ExitStatus> {
        let pid = self.pid()?;
        let mut process = self.process.take().context("the node does not run")?;
        let ended = timeout(DEADLINE, process.wait()).await;
        let status = ended.map_err(|_| anyhow!("the node did not end: {}", self.log().join("\n")))??;
        self.settings.folder.forget(pid);
        Ok(status)
    }

    /// Returns whether the node has ended for any reason.
    ///
    /// # Errors
    /// Returns an error if the system does not say.
    pub fn has_exited(&mut self) -> anyhow::Result<bool> {
        self.process.as_mut().map_or(Ok(true), |process| Ok(process.try_wait()?.is_some()))
    }

    /// Returns the node's process id.
    ///
    /// # Errors
    /// Returns an error if the node does not run.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.process.as_ref().and_then(Child::id).context("the node does not run")
    }

    /// Returns the node's resident memory in bytes.
    ///
    /// # Errors
    /// Returns an error if the node does not run.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        process::resident_bytes(self.pid()?)
    }

    /// Returns the node's port on 127.0.0.1, which stays the same across restarts.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns `http://127.0.0.1:PORT` followed by a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Returns the folder in which the node was started.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.settings.folder.path()
    }

    /// Returns all lines logged so far, including those before restarts.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        lines(&self.log).clone()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // The process itself is killed when its handle is dropped, which happens next.
        if let Ok(pid) = self.pid() {
            self.settings.folder.forget(pid);
        }
    }
}

/// Returns the path of the `lingerd` beside this program. For tests, cargo puts it one folder higher.
///
/// # Errors
/// Returns an error if there is none in either folder.
pub fn beside_this_program() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let mut candidates = program.ancestors().skip(1).take(2).map(|folder| folder.join("lingerd"));
    let found = candidates.find(|candidate| candidate.exists());
    found.with_context(|| format!("no lingerd beside {}: build it first, in the same profile", program.display()))
}

fn lines(log: &Log) -> MutexGuard<'_, Vec<String>> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Collects log lines, and reports the port once a line contains it.
fn follow(
    output: Option<impl AsyncRead + Unpin + Send + 'static>,
    log: &Log,
    mut listens: Option<oneshot::Sender<u16>>,
) {
    let Some(output) = output else { return };
    let log = Arc::clone(log);
    tokio::spawn(async move {
        let mut output = BufReader::new(output).lines();
        while let Ok(Some(line)) = output.next_line().await {
            if let Some(port) = port_in(&line)
                && let Some(listens) = listens.take()
            {
                let _ = listens.send(port);
            }
            lines(&log).push(line);
        }
    });
}

/// Returns the port from the line that says where the node listens, as text or as JSON.
fn port_in(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("127.0.0.1:").filter(|_| line.contains("listening"))?;
    port.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
