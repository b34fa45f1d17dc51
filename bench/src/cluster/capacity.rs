//! Checks that the machine has enough open files and memory for that many polls.

use anyhow::{Context, ensure};
use rustix::process::{Resource, getrlimit};

/// Files that a process needs besides its connections.
const OTHER_FILES: usize = 500;

/// The memory budget of a held poll, on both sides and in the kernel.
const KIB_PER_POLL: usize = 100;

/// The memory budget of PostgreSQL and empty nodes.
const OTHER_MIB: usize = 1024;

/// Returns an error if the machine is too small.
pub(super) fn check(nodes: usize, polls: usize) -> anyhow::Result<()> {
    ensure!(nodes > 0 && polls > 0, "--nodes and --polls must be at least 1");
    let files = getrlimit(Resource::Nofile).maximum;
    ensure!(
        files.is_none_or(|files| (polls + OTHER_FILES) as u64 <= files),
        "{polls} polls on each node exceed the {} files that a process may open (ulimit -Hn)",
        files.unwrap_or_default()
    );
    let needed = nodes * polls * KIB_PER_POLL / 1024 + OTHER_MIB;
    let available = available_mib()?;
    ensure!(needed <= available, "{needed} MiB of memory may be needed, but only {available} are available");
    Ok(())
}

fn available_mib() -> anyhow::Result<usize> {
    let meminfo = std::fs::read_to_string("/proc/meminfo")?;
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))
        .context("/proc/meminfo has no MemAvailable")?;
    let kibibytes: usize = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes / 1024)
}
