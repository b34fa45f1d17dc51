//! A PostgreSQL cluster of its own: made in a temporary folder, reached over loopback, killed and started
//! again at will. It is as durable as PostgreSQL is by default: nothing is switched off to be faster.

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

/// The database that every cluster has, for what concerns all of them.
const MAINTENANCE: &str = "postgres";

/// What differs from PostgreSQL's defaults; none of it makes it less durable.
const SETTINGS: [&str; 5] = [
    "listen_addresses=127.0.0.1",
    "max_connections=400",
    "shared_buffers=32MB",
    // In the folder, so that nothing is left elsewhere by those who were killed.
    "dynamic_shared_memory_type=mmap",
    // Little to go through again after each of many crashes.
    "max_wal_size=128MB",
];

/// A cluster. It is stopped and removed when this is dropped, or when the process that owns it ends.
pub struct Cluster {
    install: Install,
    folder: Folder,
    port: u16,
    settings: Vec<String>,
    process: Option<Child>,
}

impl Cluster {
    /// A new, empty cluster that accepts connections.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start; the text says why.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(&[]).await
    }

    /// The same with some settings, such as `fsync=off`, for tests of a server that refuses them.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub async fn start_with(settings: &[&str]) -> anyhow::Result<Self> {
        let (install, folder) = (Install::find()?, Folder::new()?);
        install.own(folder.path())?;
        let mut initdb = install.command("initdb");
        initdb.arg("-D").arg(folder.path().join("data"));
        // The files of an empty cluster need not survive a power cut.
        initdb.args(["--no-sync", "--no-instructions", "--auth=trust", "--username=postgres"]);
        initdb.args(["--encoding=UTF8", "--locale=C"]).current_dir(folder.path()).stdin(Stdio::null());
        let output = tokio::process::Command::from(initdb).output().await.context("initdb does not run")?;
        ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let mut cluster = Self { install, folder, port: port::free()?, settings, process: None };
        cluster.start_again().await?;
        Ok(cluster)
    }

    /// Starts it on the same data and port, once it has ended, and waits until it accepts connections.
    ///
    /// # Errors
    /// When it runs, or does not start.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        ensure!(self.process.is_none(), "the cluster runs");
        self.launch()?;
        let begun = Instant::now();
        while self.connect().await.is_err() {
            let ended = self.process.as_mut().context("just launched")?.try_wait()?;
            if ended.is_some() || begun.elapsed() > DEADLINE {
                bail!("PostgreSQL does not start: {}", self.log());
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
        // Ctrl-C at a prompt is for whoever owns it.
        postgres.process_group(0);
        let process = postgres.spawn().context("postgres does not run")?;
        self.folder.watch(process.id());
        self.process = Some(process);
        Ok(())
    }

    /// Where one of its databases is, as `DATABASE_URL` wants it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Where it is as a whole: the URL from which [`create_database`] makes others.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.url(MAINTENANCE)
    }

    /// Where it listens on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A new, empty database: its URL.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub async fn create_database(&self) -> anyhow::Result<String> {
        create_database(&self.base_url()).await
    }

    /// A connection to it as a whole, past all proxies.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub async fn connect(&self) -> sqlx::Result<PgConnection> {
        PgConnection::connect(&self.base_url()).await
    }

    /// Its processes: the postmaster, and those that it started and that still run.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pids(&self) -> anyhow::Result<(u32, Vec<u32>)> {
        let postmaster = self.process.as_ref().context("the cluster does not run")?.id();
        Ok((postmaster, process::children(postmaster)))
    }

    /// SIGKILL to the postmaster and to all that it started, at the same moment: what a crash does. Nothing
    /// remains that would be in the way of starting it again.
    ///
    /// # Errors
    /// When it does not run, or something of it survives.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        let mut postmaster = self.process.take().context("the cluster does not run")?;
        // Who is stopped starts nothing while its children are counted.
        process::signal(postmaster.id(), Signal::STOP);
        let children = process::children(postmaster.id());
        process::signal(postmaster.id(), Signal::KILL);
        children.iter().for_each(|pid| process::signal(*pid, Signal::KILL));
        process::ended(&[postmaster.id()]).await?;
        postmaster.wait()?;
        self.folder.forget(postmaster.id());
        process::ended(&children).await
    }

    /// Asks it to stop, whoever is connected, and waits for it.
    ///
    /// # Errors
    /// When it does not run, or does not stop.
    pub async fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        let mut postmaster = self.process.take().context("the cluster does not run")?;
        process::signal(postmaster.id(), Signal::INT);
        process::ended(&[postmaster.id()]).await?;
        self.folder.forget(postmaster.id());
        Ok(postmaster.wait()?)
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let Some(mut postmaster) = self.process.take() else { return };
        // At once, and without a checkpoint: the data are removed next. It also ends its children, and gives
        // back what SIGKILL would leave behind in the kernel.
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
