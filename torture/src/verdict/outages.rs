//! The times at which a fault explains failures.

use crate::history::{Event, FaultKind, History};

/// Time spans in microseconds, in ascending order of their beginnings.
pub(super) struct Outages(Vec<(u64, u64)>);

impl Outages {
    pub(super) fn new(history: &History) -> Self {
        let mut spans: Vec<(u64, u64)> = Vec::new();
        let mut open: Vec<(FaultKind, u64)> = Vec::new();
        for recorded in &history.events {
            match recorded.event {
                Event::FaultBegins { fault } if fault.explains_failures() => open.push((fault, recorded.at_us)),
                Event::FaultEnds { fault } => {
                    if let Some(at) = open.iter().position(|(other, _)| *other == fault) {
                        let (_, begun) = open.remove(at);
                        spans.push((begun, recorded.at_us + history.promises.recovers_within_us));
                    }
                }
                _ => {}
            }
        }
        spans.extend(open.into_iter().map(|(_, begun)| (begun, u64::MAX)));
        spans.sort_unstable();
        Self(spans)
    }

    /// Returns whether a fault was active at this time, or had just ended.
    pub(super) fn explain(&self, at_us: u64) -> bool {
        let begun = self.0.partition_point(|(begin, _)| *begin <= at_us);
        // Spans may overlap, and there are few.
        self.0[..begun].iter().any(|(_, end)| *end >= at_us)
    }
}
