//! The memory that processes use, as proc(5) tells it.

use anyhow::Context;
use serde::Serialize;

/// In bytes, at one moment.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Memory {
    /// Resident: `VmRSS` of one process. Of several it is `Pss`, so that what they share counts once.
    pub resident: u64,
    /// Of that, what no file is behind: `RssAnon`, of all processes.
    pub anonymous: u64,
}

impl Memory {
    /// What these processes use together.
    pub fn of(pids: &[u32]) -> anyhow::Result<Self> {
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

    /// What has come since then.
    pub fn since(self, before: Self) -> Self {
        Self {
            resident: self.resident.saturating_sub(before.resident),
            anonymous: self.anonymous.saturating_sub(before.anonymous),
        }
    }
}

fn field(text: &str, name: &str) -> anyhow::Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name} there"))?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
}
