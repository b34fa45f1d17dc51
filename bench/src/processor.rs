//! The processor time that processes have used, as proc(5) tells it: in ticks of a hundredth of a second.

use anyhow::Context;
use linger_rig::postgres::Cluster;

/// Seconds that a process has used.
pub fn seconds_of(pid: u32) -> anyhow::Result<f64> {
    seconds(&pid.to_string(), 2)
}

/// Seconds that this very process has used.
pub fn own_seconds() -> anyhow::Result<f64> {
    seconds("self", 2)
}

/// Seconds that all processes of a cluster have used. Those that have ended are in the account of the one that
/// started them.
pub fn seconds_of_cluster(cluster: &Cluster) -> anyhow::Result<f64> {
    let (postmaster, children) = cluster.pids()?;
    // A child that ends just now is counted as soon as it was waited for.
    let children: f64 = children.iter().filter_map(|pid| seconds_of(*pid).ok()).sum();
    Ok(seconds(&postmaster.to_string(), 4)? + children)
}

/// Sums fields of stat from the 14th on: user and system time, then the same of children that have ended. The
/// name before them may hold spaces, but ends at the last parenthesis.
fn seconds(process: &str, fields: usize) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after_name = stat.rsplit_once(')').context("no such format")?.1;
    let ticks = after_name.split_whitespace().skip(11).take(fields).map(str::parse::<u64>);
    let ticks: u64 = ticks.sum::<Result<u64, _>>()?;
    Ok(ticks as f64 / 100.0)
}
