//! linger itself, built in release mode, with default settings except that rate limits are off. Its log, one line per
//! request, is discarded.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, bail, ensure};
use linger_rig::folder::Folder;
use linger_rig::node::beside_this_program;

use super::{Server, exchange};
use crate::http::get;

/// The token for `/metrics`.
const METRICS_TOKEN: &str = "metrics-of-a-benchmark-0123456789";

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Selects another `lingerd` than the one beside this program.
pub(crate) fn choose(program: &Path) -> anyhow::Result<()> {
    let program = std::fs::canonicalize(program).with_context(|| format!("there is no {}", program.display()))?;
    let _ = PROGRAM.set(program);
    Ok(())
}

/// Returns the path of the `lingerd` to measure.
pub(crate) fn program() -> anyhow::Result<PathBuf> {
    PROGRAM.get().cloned().map_or_else(beside_this_program, Ok)
}

/// Starts a server on a SQLite file in a new folder.
pub(crate) fn start() -> anyhow::Result<Server> {
    start_in(&Folder::new()?, linger_rig::port::free()?)
}

/// Starts a server on the SQLite file `var/linger.db` in a folder, creating it if needed.
pub(crate) fn start_in(folder: &Folder, port: u16) -> anyhow::Result<Server> {
    start_with(folder, port, &[])
}

/// Starts a server on a PostgreSQL database, with its signing key in a folder.
pub(crate) fn start_on(folder: &Folder, port: u16, database_url: &str) -> anyhow::Result<Server> {
    start_with(folder, port, &[("DATABASE_URL", database_url)])
}

/// Copies the SQLite file in a folder to an empty PostgreSQL database.
pub(crate) fn copy(folder: &Folder, database_url: &str) -> anyhow::Result<()> {
    let mut command = Command::new(program()?);
    command.env_clear().current_dir(folder.path());
    let output = command.args(["copy", "--from", "sqlite:var/linger.db", "--to", database_url]).output()?;
    ensure!(output.status.success(), "cannot copy: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Settings of [`start_with`].
const SETTINGS: [(&str, &str); 9] = [
    ("METRICS_TOKEN", METRICS_TOKEN),
    ("REGISTRATION", "open"),
    ("LIMITS__SENDS_PER_MINUTE", "0"),
    ("LIMITS__CONNECTS_PER_MINUTE", "0"),
    ("LIMITS__SIGN_IN_FAILURES_PER_HALF_HOUR", "0"),
    ("LIMITS__CHANGES_PER_MINUTE", "0"),
    ("LIMITS__GUESTS_PER_DAY_PER_ADDRESS", "0"),
    ("LIMITS__ROOMS_PER_USER", "0"),
    ("GUESTS", "on"),
];

/// Starts a server in a folder with additional settings.
pub(crate) fn start_with(folder: &Folder, port: u16, settings: &[(&str, &str)]) -> anyhow::Result<Server> {
    let mut command = Command::new(program()?);
    command.env_clear().args(["--port", &port.to_string()]);
    let mut known = SETTINGS.to_vec();
    command.envs(known.iter().map(|(name, value)| (format!("ROCKET_CHAT__{name}"), value)));
    command.envs(settings.iter().copied());
    let server = loop {
        let error = match Server::start("linger", port, folder, &mut command) {
            Ok(server) => break server,
            Err(error) => error,
        };
        // An older version refuses the settings that it does not know.
        let refused = |name: &str| error.to_string().contains(&name.trim_start_matches("LIMITS__").to_lowercase());
        let Some(unknown) = known.iter().position(|(name, _)| refused(name)) else { return Err(error) };
        command.env_remove(format!("ROCKET_CHAT__{}", known.remove(unknown).0));
    };
    // A server listens a moment before it can be stopped cleanly.
    let (status, _) = exchange(port, &get("/health", ""))?;
    ensure!(status == 200, "/health was answered with {status}");
    Ok(server)
}

/// Returns the number of statements that a server has sent to its database.
pub(crate) fn queries(server: &Server) -> anyhow::Result<u64> {
    let (status, body) = exchange(server.port, &get("/metrics", METRICS_TOKEN))?;
    if status != 200 {
        bail!("/metrics was answered with {status}");
    }
    let text = String::from_utf8(body)?;
    let count = text.lines().find_map(|line| line.strip_prefix("linger_queries_total "));
    let count = count.context("/metrics has no linger_queries_total")?;
    Ok(count.trim().parse::<f64>()? as u64)
}
