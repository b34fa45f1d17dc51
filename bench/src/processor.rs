//! The CPU time of processes, as shown in proc(5) in ticks of 10 ms.

use anyhow::Context;
use linger_rig::postgres::Cluster;

/// Returns the CPU seconds that a process has used.
pub(crate) fn seconds_of(pid: u32) -> anyhow::Result<f64> {
    seconds(&pid.to_string(), 2)
}

/// Returns the CPU seconds that this process has used.
pub(crate) fn own_seconds() -> anyhow::Result<f64> {
    seconds("self", 2)
}

/// Returns the CPU seconds of all processes of a cluster. Ended ones are included in the figures of their parent.
pub(crate) fn seconds_of_cluster(cluster: &Cluster) -> anyhow::Result<f64> {
    let (postmaster, children) = cluster.pids()?;
    // A child that ends just now is included as soon as its parent has waited for it.
    let children: f64 = children.iter().filter_map(|pid| seconds_of(*pid).ok()).sum();
    Ok(seconds(&postmaster.to_string(), 4)? + children)
}

/// Sums fields of stat from the 14th on: user and system time, then those of ended children. The name in field 2 may
/// contain spaces, but ends at the last parenthesis.
fn seconds(process: &str, fields: usize) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after_name = stat.rsplit_once(')').context("stat has an unknown format")?.1;
    let ticks = after_name.split_whitespace().skip(11).take(fields).map(str::parse::<u64>);
    let ticks: u64 = ticks.sum::<Result<u64, _>>()?;
    Ok(ticks as f64 / 100.0)
}
