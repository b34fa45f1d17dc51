//! A temporary PostgreSQL cluster, reached over loopback, which can be killed and restarted. It is as durable as
//! PostgreSQL's defaults: nothing is switched off for speed.

mod database;
mod install;

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rustix::process::Signal;
use sqlx::{Connection, PgConnection};

use crate::folder::Folder;
use crate::{DEADLINE, port, process};
pub use database::create_database;
use install::Install;

/// The database that exists in every cluster, for cluster-wide statements.
const MAINTENANCE: &str = "postgres";

/// Changes to PostgreSQL's defaults. None of them reduces durability.
const SETTINGS: [&str; 5] = [
    "listen_addresses=127.0.0.1",
    "max_connections=400",
    "shared_buffers=32MB",
    // Keeps shared memory in the folder, so that a killed cluster leaves nothing elsewhere.
    "dynamic_shared_memory_type=mmap",
    // Keeps recovery short after each of many crashes.
    "max_wal_size=128MB",
];

/// A cluster. It is stopped and removed when this is dropped, or when the owning process ends.
pub struct Cluster {
    install: Install,
    folder: Folder,
    port: u16,
    settings: Vec<String>,
    process: Option<Child>,
}

impl Cluster {
    /// Starts a new, empty cluster and returns once it accepts connections.
    ///
    /// # Errors
    /// Returns an error with the reason if PostgreSQL is not installed or does not start.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(&[]).await
    }

    /// Starts a cluster with extra settings such as `fsync=off`, for testing that a server refuses them.
    ///
    /// # Errors
    /// See [`Cluster::start`].
    pub async fn start_with(settings: &[&str]) -> anyhow::Result<Self> {
        let (install, folder) = (Install::find()?, Folder::new()?);
        install.give(folder.path())?;
        let mut initdb = install.command("initdb");
        initdb.arg("-D").arg(folder.path().join("data"));
        // The files of an empty cluster need not survive a power failure.
        initdb.args(["--no-sync", "--no-instructions", "--auth=trust", "--username=postgres"]);
        initdb.args(["--encoding=UTF8", "--locale=C"]).current_dir(folder.path()).stdin(Stdio::null());
        let output = tokio::process::Command::from(initdb).output().await.context("cannot run initdb")?;
        ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let mut cluster = Self { install, folder, port: port::free()?, settings, process: None };
        cluster.start_again().await?;
        Ok(cluster)
    }

    /// Restarts an ended cluster on the same data and port, and returns once it accepts connections.
    ///
    /// # Errors
    /// Returns an error if the cluster still runs, or does not start.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        ensure!(self.process.is_none(), "the cluster still runs");
        self.launch()?;
        let begun = Instant::now();
        while self.connect().await.is_err() {
            let ended = self.process.as_mut().context("just launched")?.try_wait()?;
            if ended.is_some() || begun.elapsed() > DEADLINE {
                bail!("PostgreSQL did not start: {}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    fn launch(&mut self) -> anyhow::Result<()> {
        let log = File::options().append(true).create(true).open(self.folder.path().join("log"))?;
        let mut postgres = self.install.command("postgres");
        postgres.arg("-D").arg(self.folder.path().join("data")).args(["-p", &self.port.to_string()]);
        let mut sockets = OsString::from("unix_socket_directories=");
        sockets.push(self.folder.path());
        postgres.arg("-c").arg(sockets);
        for setting in SETTINGS.into_iter().chain(self.settings.iter().map(String::as_str)) {
            postgres.args(["-c", setting]);
        }
        postgres.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        // Ctrl-C in a terminal is meant for the owning process.
        postgres.process_group(0);
        let process = postgres.spawn().context("cannot run postgres")?;
        self.folder.watch(process.id());
        self.process = Some(process);
        Ok(())
    }

    /// Returns the URL of one of its databases, in the form of `DATABASE_URL`.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Returns the cluster's URL, from which [`create_database`] derives others.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.url(MAINTENANCE)
    }

    /// Returns the cluster's port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Creates a new, empty database and returns its URL.
    ///
    /// # Errors
    /// Returns an error if the cluster does not answer.
    pub async fn create_database(&self) -> anyhow::Result<String> {
        create_database(&self.base_url()).await
    }

    /// Connects to the cluster directly, bypassing all proxies.
    ///
    /// # Errors
    /// Returns an error if the cluster does not answer.
    pub async fn connect(&self) -> sqlx::Result<PgConnection> {
        PgConnection::connect(&self.base_url()).await
    }

    /// Returns the process ids of the postmaster and of its running children.
    ///
    /// # Errors
    /// Returns an error if the cluster does not run.
    pub fn pids(&self) -> anyhow::Result<(u32, Vec<u32>)> {
        let postmaster = self.process.as_ref().context("the cluster does not run")?.id();
        Ok((postmaster, process::children(postmaster)))
    }

    /// Sends SIGKILL to the postmaster and all its children at the same moment, as in a crash. Nothing remains that
    /// would prevent a restart.
    ///
    /// # Errors
    /// Returns an error if the cluster does not run, or a process survives.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        let mut postmaster = self.process.take().context("the cluster does not run")?;
        // A stopped postmaster starts no children while they are being listed.
        process::signal(postmaster.id(), Signal::STOP);
        let children = process::children(postmaster.id());
        process::signal(postmaster.id(), Signal::KILL);
        children.iter().for_each(|pid| process::signal(*pid, Signal::KILL));
        process::wait_for_exit(&[postmaster.id()]).await?;
        postmaster.wait()?;
        self.folder.forget(postmaster.id());
        process::wait_for_exit(&children).await
    }

    /// Stops the cluster, disconnecting its clients, and waits until it has ended.
    ///
    /// # Errors
    /// Returns an error if the cluster does not run, or does not stop.
    pub async fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        let mut postmaster = self.process.take().context("the cluster does not run")?;
        process::signal(postmaster.id(), Signal::INT);
        process::wait_for_exit(&[postmaster.id()]).await?;
        self.folder.forget(postmaster.id());
        Ok(postmaster.wait()?)
    }

    /// Returns the cluster's log.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let Some(mut postmaster) = self.process.take() else { return };
        // Stops at once and without a checkpoint, since the data is removed next. Unlike SIGKILL, this ends the
        // children too and releases kernel resources.
        process::signal(postmaster.id(), Signal::QUIT);
        let begun = Instant::now();
        while matches!(postmaster.try_wait(), Ok(None)) {
            if begun.elapsed() > Duration::from_secs(10) {
                let _ = postmaster.kill();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        self.folder.forget(postmaster.id());
    }
}
