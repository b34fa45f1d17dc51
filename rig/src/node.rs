//! A `lingerd` process: settings as its environment, its log, signals, and starting it again where it was.
//! Knows no HTTP.

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

/// How a node is to be started.
#[derive(Clone)]
pub struct Settings {
    program: PathBuf,
    folder: Folder,
    environment: Vec<(OsString, OsString)>,
}

/// A running node. It is killed when this is dropped, or when the process that owns it ends.
pub struct Node {
    settings: Settings,
    port: u16,
    process: Option<Child>,
    log: Log,
}

type Log = Arc<Mutex<Vec<String>>>;

impl Settings {
    /// `lingerd` at this path, to be run in a folder; nodes may share one. It gets no environment but what
    /// [`Settings::set`] sets.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>, folder: &Folder) -> Self {
        Self { program: program.into(), folder: folder.clone(), environment: Vec::new() }
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn set(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// No limits on what users do.
    #[must_use]
    pub fn without_limits(self) -> Self {
        self.set("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0")
            .set("ROCKET_CHAT__LIMITS__CONNECTS_PER_MINUTE", "0")
            .set("ROCKET_CHAT__LIMITS__SIGN_IN_FAILURES_PER_HALF_HOUR", "0")
    }
}

impl Node {
    /// Starts a node on a free port, and returns once it listens.
    ///
    /// # Errors
    /// When it does not; the text is what it logged.
    pub async fn start(settings: Settings) -> anyhow::Result<Self> {
        let mut node = Self { settings, port: port::free()?, process: None, log: Log::default() };
        node.start_again().await?;
        Ok(node)
    }

    /// Starts it on the same port, in the same folder, once it has ended.
    ///
    /// # Errors
    /// When it runs, or does not start.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        ensure!(self.exited()?, "the node runs");
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
            .with_context(|| format!("{} does not run", program.display()))?;
        folder.watch(process.id().context("just spawned")?);
        let (listens, listening) = oneshot::channel();
        follow(process.stdout.take(), &self.log, Some(listens));
        // Where a panic goes.
        follow(process.stderr.take(), &self.log, None);
        self.process = Some(process);
        let port = timeout(DEADLINE, listening).await;
        match port {
            Ok(Ok(port)) => self.port = port,
            _ => bail!("the node does not start: {}", self.log().join("\n")),
        }
        Ok(())
    }

    /// SIGTERM, and the exit status once it has ended.
    ///
    /// # Errors
    /// When it does not run, or does not end.
    pub async fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        self.ended().await
    }

    /// SIGKILL: what a crash does. Returns once it has ended.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn kill(&mut self) -> anyhow::Result<ExitStatus> {
        self.signal(Signal::KILL)?;
        self.ended().await
    }

    /// SIGSTOP: it is there, and does nothing.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// SIGCONT, after [`Node::pause`].
    ///
    /// # Errors
    /// When it does not run.
    pub fn resume(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When it does not run.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        process::signal(self.pid()?, signal);
        Ok(())
    }

    /// The exit status, once it has ended.
    ///
    /// # Errors
    /// When it does not end in time.
    pub async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        let pid = self.pid()?;
        let mut process = self.process.take().context("it runs")?;
        let ended = timeout(DEADLINE, process.wait()).await;
        let status = ended.map_err(|_| anyhow!("the node does not end: {}", self.log().join("\n")))??;
        self.settings.folder.forget(pid);
        Ok(status)
    }

    /// Whether it has ended, whoever ended it.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn exited(&mut self) -> anyhow::Result<bool> {
        self.process.as_mut().map_or(Ok(true), |process| Ok(process.try_wait()?.is_some()))
    }

    /// Its process id.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.process.as_ref().and_then(Child::id).context("the node does not run")
    }

    /// The bytes of memory that it uses: its resident set.
    ///
    /// # Errors
    /// When it does not run.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        process::resident_bytes(self.pid()?)
    }

    /// Where it listens on 127.0.0.1, over all its lives.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT` and a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Where it was started.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.settings.folder.path()
    }

    /// The lines that it has logged so far, over all its lives.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        lines(&self.log).clone()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // The process is killed when its handle is dropped, next.
        if let Ok(pid) = self.pid() {
            self.settings.folder.forget(pid);
        }
    }
}

/// `lingerd` beside the program that asks, or one folder up, where cargo puts it for tests.
///
/// # Errors
/// When it is in neither.
pub fn beside_this_program() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let mut candidates = program.ancestors().skip(1).take(2).map(|folder| folder.join("lingerd"));
    let found = candidates.find(|candidate| candidate.exists());
    found.with_context(|| format!("no lingerd beside {}: build it first, in the same profile", program.display()))
}

fn lines(log: &Log) -> MutexGuard<'_, Vec<String>> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes down what it says, and tells where it listens once it says that.
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

/// The port in the line that says where it listens, as text or as JSON.
fn port_in(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("127.0.0.1:").filter(|_| line.contains("listening"))?;
    port.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
