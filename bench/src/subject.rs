//! What is measured: a server process on a free port, killed when it is dropped.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// A running server.
pub struct Subject {
    process: Child,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
}

impl Subject {
    /// `lingerd` from beside this program, on an empty database in `folder`, without limits.
    pub async fn linger(folder: &Path) -> anyhow::Result<Self> {
        let port = free_port()?;
        let program = std::env::current_exe()?.with_file_name("lingerd");
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .args(["--port", &port.to_string()])
            .env("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0")
            .env("ROCKET_CHAT__LIMITS__CONNECTS_PER_MINUTE", "0");
        Self::start(command, port).await.context("lingerd does not start: build it first, in the same profile")
    }

    /// The bare program.
    pub async fn floor() -> anyhow::Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["floor", "--port", &port.to_string()]);
        Self::start(command, port).await
    }

    async fn start(mut command: Command, port: u16) -> anyhow::Result<Self> {
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn()?;
        let mut subject = Self { process, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if let Some(status) = subject.process.try_wait()? {
                bail!("it ended with {status}");
            }
            if begun.elapsed() > Duration::from_secs(20) {
                bail!("it does not listen");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(subject)
    }

    /// Seconds of processor time that the process has used.
    pub fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let pid = self.process.id().context("it has ended")?;
        cpu_seconds(&format!("/proc/{pid}/stat"))
    }
}

/// Seconds of processor time that this very process has used.
pub fn own_cpu_seconds() -> anyhow::Result<f64> {
    cpu_seconds("/proc/self/stat")
}

/// Fields 14 and 15 of proc(5)'s stat, in ticks of a hundredth of a second; the name before them may hold
/// spaces, but ends at the last parenthesis.
fn cpu_seconds(path: &str) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(path)?;
    let fields = stat.rsplit_once(')').context("no such format")?.1;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks: u64 = ticks.sum::<Result<u64, _>>()?;
    Ok(ticks as f64 / 100.0)
}

fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
