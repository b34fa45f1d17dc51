//! What the operating system reports about this process, under the names that every exporter uses.
//!
//! <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>

use std::fs;

use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

/// The resource usage of this process. A value is `None` if the operating system does not report it.
pub(super) struct Usage {
    pub(super) cpu_seconds: f64,
    pub(super) resident_bytes: Option<u64>,
    pub(super) open_descriptors: Option<u64>,
    /// `None` if there is no limit.
    pub(super) most_descriptors: Option<u64>,
}

impl Usage {
    /// Returns the current usage.
    pub(super) fn now() -> Self {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        Self {
            cpu_seconds: cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9,
            resident_bytes: resident_bytes(),
            // The directory listing itself is open, too.
            open_descriptors: fs::read_dir("/proc/self/fd").ok().map(|list| list.count() as u64 - 1),
            most_descriptors: getrlimit(Resource::Nofile).current,
        }
    }
}

fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let (_, resident) = status.split_once("\nVmRSS:")?;
    let kibibytes: u64 = resident.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}
