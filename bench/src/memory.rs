//! The memory of processes, as shown in proc(5).

use anyhow::Context;
use serde::Serialize;

/// Memory in bytes, at one moment.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Memory {
    /// `VmRSS` of one process, or the sum of `Pss` of several, which counts shared pages once.
    pub(crate) resident: u64,
    /// The part without a file behind it: `RssAnon`, summed over all processes.
    pub(crate) anonymous: u64,
}

impl Memory {
    /// Returns the memory that these processes use together.
    pub(crate) fn of(pids: &[u32]) -> anyhow::Result<Self> {
        let mut all = Self::default();
        for pid in pids {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
            all.anonymous += field(&status, "RssAnon:")?;
            all.resident += match pids {
                [_] => field(&status, "VmRSS:")?,
                _ => field(&std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?, "Pss:")?,
            };
        }
        Ok(all)
    }

    /// Returns the growth since then.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            resident: self.resident.saturating_sub(before.resident),
            anonymous: self.anonymous.saturating_sub(before.anonymous),
        }
    }
}

/// Returns the most memory that a process has used, as `VmHWM`, since its start or [`forget_peak`].
pub(crate) fn peak(pid: u32) -> anyhow::Result<u64> {
    field(&std::fs::read_to_string(format!("/proc/{pid}/status"))?, "VmHWM:")
}

/// Lets the peak begin at what a process uses now.
pub(crate) fn forget_peak(pid: u32) -> anyhow::Result<()> {
    Ok(std::fs::write(format!("/proc/{pid}/clear_refs"), "5")?)
}

fn field(text: &str, name: &str) -> anyhow::Result<u64> {
    let line =
        text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name} in proc(5)"))?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
}
