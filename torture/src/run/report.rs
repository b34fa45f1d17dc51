//! The summary of a run, and requirements that the history alone cannot check.

use std::time::Duration;

use super::faults::Faults;
use super::load::Load;
use super::options::{Database, Options};
use super::world::World;
use crate::verdict::{Kind, Verdict};

/// Figures of a run that are not part of its history.
pub struct Report {
    options: Options,
    sending: Duration,
    acknowledged: usize,
    changed: usize,
    recoveries: Vec<Duration>,
    detections: Vec<Option<Duration>>,
    slowest_refusal: Duration,
    /// The number of readers that did not receive everything at the end.
    unsettled: usize,
    /// The number of nodes that ended unexpectedly.
    ended: usize,
}

impl Report {
    pub(super) fn new(
        options: &Options,
        world: &mut World,
        load: &Load,
        faults: Faults,
        sending: Duration,
        unsettled: usize,
    ) -> anyhow::Result<Self> {
        let mut ended = 0;
        for node in &mut world.nodes {
            ended += usize::from(node.has_exited()?);
        }
        let Faults { mut recoveries, detections, .. } = faults;
        recoveries.sort_unstable();
        Ok(Self {
            options: options.clone(),
            sending,
            acknowledged: load.acknowledged(),
            changed: load.changed(),
            recoveries,
            detections,
            slowest_refusal: load.slowest_refusal(),
            unsettled,
            ended,
        })
    }

    /// Returns the unmet requirements as sentences.
    #[must_use]
    pub fn shortcomings(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.ended > 0 {
            found.push(format!("{} nodes ended unexpectedly", self.ended));
        }
        if self.unsettled > 0 {
            found.push(format!("{} readers did not receive everything in time", self.unsettled));
        }
        let slowest = self.recoveries.last().copied().unwrap_or_default();
        if slowest.as_secs_f64() > self.options.recover_within {
            found.push(format!("sends worked again on every node only after {slowest:.1?}"));
        }
        let is_late = |detection: &Option<Duration>| {
            detection.is_none_or(|detection| detection.as_secs_f64() > self.options.detect_within)
        };
        if self.detections.iter().any(is_late) {
            found.push(format!("dead LISTENs were detected after {:.1?}", self.detections));
        }
        found
    }

    /// Returns the summary: the size of the run, its timing, and the number of violations.
    #[must_use]
    pub fn line(&self, verdict: &Verdict) -> String {
        let Options { nodes, writers, readers, database, .. } = &self.options;
        let database = match database {
            Database::Sqlite => "SQLite",
            Database::Postgres => "PostgreSQL",
        };
        let figures = &verdict.figures;
        let seconds = self.sending.as_secs_f64();
        let mut line = format!(
            "{nodes} nodes on {database}, {writers} writers, {readers} readers: {} messages and {} changes in {seconds:.0} s \
             ({:.0}/s), {} messages and {} changes delivered in {} polls (delay p50 {:.1?}, p99 {:.1?}, max {:.1?}), \
             {} resent, {} requests failed",
            self.acknowledged,
            self.changed,
            (self.acknowledged + self.changed) as f64 / seconds,
            figures.deliveries,
            figures.redeliveries,
            figures.polls,
            figures.delays.quantile(0.5),
            figures.delays.quantile(0.99),
            figures.delays.max(),
            figures.repeated,
            figures.failures,
        );
        if figures.exits > 0 {
            line += &format!(
                "; users were shut out of private rooms {} times, {} times by a removal; the {} messages there were \
                 received {} times; {} requests held by other nodes ended (p50 {:.1?}, p99 {:.1?}, max {:.1?})",
                figures.exits,
                figures.removals,
                figures.confided,
                figures.overheard,
                figures.endings.count(),
                figures.endings.quantile(0.5),
                figures.endings.quantile(0.99),
                figures.endings.max(),
            );
        }
        if let (Some(max), Some(median)) = (self.recoveries.last(), self.recoveries.get(self.recoveries.len() / 2)) {
            line += &format!(
                "; {} faults, sends recover after p50 {median:.2?}, max {max:.2?}, slowest 503 {:.1?}, \
                 {} nodes ended unexpectedly",
                figures.faults, self.slowest_refusal, self.ended
            );
        }
        if !self.detections.is_empty() {
            line +=
                &format!("; dead LISTEN detected after {:.1?}", self.detections.iter().flatten().collect::<Vec<_>>());
        }
        line += ";";
        for kind in [Kind::Lost, Kind::Hole, Kind::Doubled, Kind::Disordered] {
            line += &format!(" {} {kind},", verdict.count(kind));
        }
        let rest = verdict
            .counts
            .iter()
            .filter(|(kind, _)| !matches!(kind, Kind::Lost | Kind::Hole | Kind::Doubled | Kind::Disordered));
        let rest: Vec<_> = rest.map(|(kind, count)| format!(" {count} {kind}")).collect();
        line + &if rest.is_empty() { " 0 others".to_owned() } else { rest.join(",") }
    }
}
