//! linger itself, in release and with its default settings but for the limits on what users do. It writes its log,
//! one line for each request, to nowhere.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, bail, ensure};
use linger_rig::folder::Folder;
use linger_rig::node::beside_this_program;

use super::{Server, exchange};
use crate::http::get;

/// What opens `/metrics`.
const METRICS_TOKEN: &str = "metrics-of-a-benchmark-0123456789";

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Measures this `lingerd` instead of the one beside this program.
pub fn choose(program: &Path) -> anyhow::Result<()> {
    let program = std::fs::canonicalize(program).with_context(|| format!("{} is not there", program.display()))?;
    let _ = PROGRAM.set(program);
    Ok(())
}

/// The `lingerd` that is measured.
pub fn program() -> anyhow::Result<PathBuf> {
    PROGRAM.get().cloned().map_or_else(beside_this_program, Ok)
}

/// On a SQLite file in a new folder.
pub fn start() -> anyhow::Result<Server> {
    start_in(&Folder::new()?, linger_rig::port::free()?)
}

/// On the SQLite file `var/linger.db` in a folder, which is made if it is not there.
pub fn start_in(folder: &Folder, port: u16) -> anyhow::Result<Server> {
    start_with(folder, port, &[])
}

/// On a PostgreSQL database, with the signing key in a folder.
pub fn start_on(folder: &Folder, port: u16, database_url: &str) -> anyhow::Result<Server> {
    start_with(folder, port, &[("DATABASE_URL", database_url)])
}

/// In a folder, with more settings.
pub fn start_with(folder: &Folder, port: u16, settings: &[(&str, &str)]) -> anyhow::Result<Server> {
    let mut command = Command::new(program()?);
    command.env_clear().args(["--port", &port.to_string()]);
    command.env("ROCKET_CHAT__METRICS_TOKEN", METRICS_TOKEN);
    for limit in ["SENDS_PER_MINUTE", "CONNECTS_PER_MINUTE", "SIGN_IN_FAILURES_PER_HALF_HOUR"] {
        command.env(format!("ROCKET_CHAT__LIMITS__{limit}"), "0");
    }
    command.envs(settings.iter().copied());
    let server = match Server::start("linger", port, folder, &mut command) {
        // An older version, which has no metrics.
        Err(error) if error.to_string().contains("metrics_token") => {
            Server::start("linger", port, folder, command.env_remove("ROCKET_CHAT__METRICS_TOKEN"))
        }
        started => started,
    }?;
    // It listens a moment before it is ready to be stopped.
    let (status, _) = exchange(port, &get("/health", ""))?;
    ensure!(status == 200, "/health is answered {status}");
    Ok(server)
}

/// How many statements it has sent to its database so far.
pub fn queries(server: &Server) -> anyhow::Result<u64> {
    let (status, body) = exchange(server.port, &get("/metrics", METRICS_TOKEN))?;
    if status != 200 {
        bail!("/metrics is answered {status}");
    }
    let text = String::from_utf8(body)?;
    let count = text.lines().find_map(|line| line.strip_prefix("linger_queries_total "));
    let count = count.context("/metrics does not tell how many statements there were")?;
    Ok(count.trim().parse::<f64>()? as u64)
}
