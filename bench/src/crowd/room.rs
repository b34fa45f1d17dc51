//! Whether the machine has room for that many polls: open files and memory.

use anyhow::{Context, ensure};
use rustix::process::{Resource, getrlimit};

/// Files that a process needs besides its connections.
const OTHER_FILES: usize = 500;

/// What a held poll may take, on both sides and in the kernel.
const KIB_PER_POLL: usize = 100;

/// PostgreSQL, and what nodes take before anybody comes.
const OTHER_MIB: usize = 1024;

/// Refuses what would not end well.
pub(super) fn check(nodes: usize, polls: usize) -> anyhow::Result<()> {
    ensure!(nodes > 0 && polls > 0, "nothing to measure");
    let files = getrlimit(Resource::Nofile).maximum;
    ensure!(
        files.is_none_or(|files| (polls + OTHER_FILES) as u64 <= files),
        "{polls} polls on each node do not fit into the {} files that a process may open (ulimit -Hn)",
        files.unwrap_or_default()
    );
    let needed = nodes * polls * KIB_PER_POLL / 1024 + OTHER_MIB;
    let available = available_mib()?;
    ensure!(needed <= available, "{needed} MiB of memory may be needed, and {available} are available");
    Ok(())
}

fn available_mib() -> anyhow::Result<usize> {
    let meminfo = std::fs::read_to_string("/proc/meminfo")?;
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:")).context("no such format")?;
    let kibibytes: usize = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes / 1024)
}
