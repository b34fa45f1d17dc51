//! Every metric family with its name, help and value. `docs/metrics.md` documents the same list.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::registry::Registry;

use super::families::Families;
use super::process::Usage;
use super::{LOG_LINES_DROPPED, Metrics};

/// Prometheus' own text format rather than OpenMetrics: every scraper, and `promtool`, can read it.
pub(crate) const MEDIA_TYPE: (&str, &str, [(&str, &str); 2]) =
    ("text", "plain", [("version", "0.0.4"), ("charset", "utf-8")]);

/// Values that the server's modules report when metrics are scraped.
#[derive(Debug)]
pub(crate) struct Gauges {
    /// Milliseconds since 1970.
    pub(crate) started_at_ms: i64,
    pub(crate) held_polls: usize,
    pub(crate) held_streams: usize,
    /// Held requests that are asleep: nothing is being read or sent for them.
    pub(crate) waiters: usize,
    pub(crate) sessions: usize,
    pub(crate) users: usize,
    pub(crate) users_online: usize,
    pub(crate) tail_messages: usize,
    pub(crate) tail_bytes: usize,
    pub(crate) tail_capacity_bytes: usize,
    pub(crate) queue_writes: usize,
    pub(crate) queue_capacity_writes: usize,
    pub(crate) queries: u64,
}

impl Metrics {
    /// Returns all metrics as text.
    pub(crate) fn expose(self: &Arc<Self>, gauges: Gauges) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Scrape { metrics: Arc::clone(self), gauges }));
        let mut text = String::with_capacity(16 * 1024);
        text::encode_registry(&mut text, &registry).expect("a string takes whatever is written");
        text
    }
}

/// The state of all metrics at one scrape.
#[derive(Debug)]
struct Scrape {
    metrics: Arc<Metrics>,
    gauges: Gauges,
}

impl Collector for Scrape {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut families = Families(encoder);
        self.readers(&mut families)?;
        self.writers(&mut families)?;
        self.memory(&mut families)?;
        self.requests(&mut families)?;
        self.process(&mut families)
    }
}

impl Scrape {
    fn readers(&self, families: &mut Families<'_>) -> fmt::Result {
        let Self { metrics, gauges } = self;
        families.gauges(
            "linger_held_requests",
            "Requests held at the moment: polls until there is something to answer, streams until they end.",
            [([("kind", "poll")], gauges.held_polls as u64), ([("kind", "stream")], gauges.held_streams as u64)],
        )?;
        families.gauge(
            "linger_waiters",
            "Held requests that are asleep. The others are being answered.",
            gauges.waiters as u64,
        )?;
        families.counter(
            "linger_deliveries_total",
            "Messages delivered to readers. One that is delivered to three readers counts three times.",
            metrics.deliveries.get(),
        )?;
        families.counter(
            "linger_delivering_answers_total",
            "Answers and events that contained messages.",
            metrics.answers.get(),
        )?;
        families.counter(
            "linger_tail_misses_total",
            "Reads that went to the database because the reader's position is older than the tail.",
            metrics.tail_misses.get(),
        )
    }

    fn writers(&self, families: &mut Families<'_>) -> fmt::Result {
        let Self { metrics, gauges } = self;
        families.counter("linger_sends_total", "Messages sent to this node that are on disk.", metrics.sends.get())?;
        families.counter(
            "linger_repeated_sends_total",
            "Sends that repeated an idempotency key and were answered with the stored message.",
            metrics.repeated_sends.get(),
        )?;
        families.histogram(
            "linger_commit_duration_seconds",
            "Duration of committed transactions, including the wait for the write lock.",
            &metrics.commit_seconds,
        )?;
        families.histogram(
            "linger_commit_entries",
            "Writes in one transaction: messages, sign-ups, sessions, joins and so on.",
            &metrics.commit_writes,
        )?;
        families.counter(
            "linger_commit_failures_total",
            "Transactions that failed or whose outcome is unknown.",
            metrics.commit_failures.get(),
        )?;
        families.gauge(
            "linger_journal_queue_entries",
            "Writes waiting for the next transaction.",
            gauges.queue_writes as u64,
        )?;
        families.gauge(
            "linger_journal_queue_capacity_entries",
            "Writes that the queue can hold.",
            gauges.queue_capacity_writes as u64,
        )?;
        families.counter(
            "linger_queries_total",
            "Database queries, without those that look for other nodes' commits twice a second.",
            gauges.queries,
        )
    }

    fn memory(&self, families: &mut Families<'_>) -> fmt::Result {
        let Self { metrics, gauges } = self;
        families.gauge(
            "linger_tail_messages",
            "Messages and changes in the tail, in memory.",
            gauges.tail_messages as u64,
        )?;
        families.gauge("linger_tail_bytes", "Size of the tail.", gauges.tail_bytes as u64)?;
        families.gauge("linger_tail_capacity_bytes", "Maximum size of the tail.", gauges.tail_capacity_bytes as u64)?;
        families.gauge(
            "linger_node_lag_seconds",
            "Age of this node's view: it has everything committed up to this long ago. 0 on SQLite.",
            metrics.level.elapsed().as_secs_f64(),
        )?;
        families.gauge(
            "linger_wire_silence_seconds",
            "Time since the last notification from any node, this one's own heartbeat included. 0 on SQLite.",
            metrics.wire.elapsed().as_secs_f64(),
        )?;
        families.gauge("linger_sessions", "Sessions in memory.", gauges.sessions as u64)?;
        families.gauge("linger_users", "Users in memory, online or not.", gauges.users as u64)?;
        families.gauge(
            "linger_users_online",
            "Users who hold a request on this node or made one in the last minute.",
            gauges.users_online as u64,
        )
    }

    fn requests(&self, families: &mut Families<'_>) -> fmt::Result {
        let status_text: Vec<_> = self
            .metrics
            .requests
            .answered()
            .map(|answered| (answered.method, answered.path, answered.status.to_string(), answered.count))
            .collect();
        families.counters(
            "linger_http_requests_total",
            "Answered requests, by method, route and status. The route is - if none matched.",
            status_text.iter().map(|(method, path, status, count)| {
                ([("method", *method), ("route", *path), ("status", status.as_str())], *count)
            }),
        )?;
        families.counters(
            "linger_rejected_requests_total",
            "Requests answered with a problem, by the last part of its type.",
            self.metrics.rejections().into_iter().map(|(name, count)| ([("problem", name)], count)),
        )
    }

    fn process(&self, families: &mut Families<'_>) -> fmt::Result {
        families.gauges("linger_build_info", "The running version.", [([("version", crate::domain::VERSION)], 1)])?;
        families.counter(
            "linger_log_lines_dropped_total",
            "Log lines that were dropped because the log could not be written.",
            LOG_LINES_DROPPED.get(),
        )?;
        families.gauge(
            "process_start_time_seconds",
            "Start time of the process, in seconds since 1970.",
            self.gauges.started_at_ms as f64 / 1000.0,
        )?;
        let usage = Usage::now();
        families.counter("process_cpu_seconds_total", "User and system processor time.", usage.cpu_seconds)?;
        if let Some(bytes) = usage.resident_bytes {
            families.gauge("process_resident_memory_bytes", "Resident memory.", bytes)?;
        }
        if let Some(open) = usage.open_descriptors {
            families.gauge("process_open_fds", "Open file descriptors.", open)?;
        }
        if let Some(most) = usage.most_descriptors {
            families.gauge("process_max_fds", "Maximum number of open file descriptors.", most)?;
        }
        Ok(())
    }
}
