//! The servers that are measured: linger and its peers. Each is started on a free port and in a folder of its own, logs
//! nothing to this program, and ends with this program in any case.

mod exchange;
pub(crate) mod floor;
pub(crate) mod linger;
pub(crate) mod nchan;

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use linger_rig::folder::Folder;
use rustix::process::{Pid, Signal, kill_process};

pub(crate) use exchange::{Answered, Exchange, exchange};

/// A running server, which is stopped on drop.
pub(crate) struct Server {
    /// Its name in tables.
    pub(crate) name: &'static str,
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
    pub(crate) folder: Folder,
    process: Child,
}

impl Server {
    /// Starts a program, discards its output, and returns once it listens.
    fn start(name: &'static str, port: u16, folder: &Folder, command: &mut Command) -> anyhow::Result<Self> {
        let errors = std::fs::File::create(folder.path().join("errors.log"))?;
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
        let process = command.spawn().with_context(|| format!("cannot start {name}"))?;
        folder.watch(process.id());
        let mut server = Self { name, port, folder: folder.clone(), process };
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = server.process.try_wait()? {
                let why = std::fs::read_to_string(folder.path().join("errors.log")).unwrap_or_default();
                bail!("{name} ended with {status}: {}", why.trim());
            }
            ensure!(begun.elapsed() < linger_rig::DEADLINE, "{name} does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(server)
    }

    /// Returns the id of the started process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Returns the ids of the started process and of its children.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let pid = self.process.id();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let children = children.split_whitespace().filter_map(|child| child.parse().ok());
        std::iter::once(pid).chain(children).collect()
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        self.terminate()?;
        self.wait()
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) -> anyhow::Result<()> {
        let pid = Pid::from_raw(self.process.id().cast_signed()).context("the process has no valid id")?;
        Ok(kill_process(pid, Signal::TERM)?)
    }

    pub(crate) fn is_running(&mut self) -> anyhow::Result<bool> {
        Ok(self.process.try_wait()?.is_none())
    }

    /// Waits until the server has ended.
    pub(crate) fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        let status = self.process.wait()?;
        self.folder.forget(self.process.id());
        Ok(status)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.process.try_wait().is_ok_and(|status| status.is_none()) && self.stop().is_err() {
            let _ = self.process.kill();
        }
        self.folder.forget(self.process.id());
    }
}
