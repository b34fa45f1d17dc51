//! The report of `across`.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use serde::Serialize;

use super::route::Timing;
use crate::spread::percentile_ms;

/// The latencies of both routes.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
}

/// The latencies of one route.
#[derive(Serialize)]
pub(crate) struct Row {
    name: &'static str,
    messages: usize,
    /// From a send to the answer of the held poll.
    answer: Times,
    /// From a send to its own answer.
    acknowledgement: Times,
}

#[derive(Serialize)]
struct Times {
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
}

impl Row {
    /// Summarizes at least one message.
    pub(super) fn of(name: &'static str, taken: Vec<Timing>) -> Self {
        let times = |time: fn(&Timing) -> Duration| Times::of(taken.iter().map(time).collect());
        Self {
            name,
            messages: taken.len(),
            answer: times(|taken| taken.to_answer),
            acknowledgement: times(|taken| taken.to_acknowledgement),
        }
    }
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let percentile = |hundredths| percentile_ms(&times, hundredths);
        Self { p50_ms: percentile(50), p99_ms: percentile(99), max_ms: percentile(100) }
    }
}

impl Display for Times {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:8.2} {:8.2} {:8.2}", self.p50_ms, self.p99_ms, self.max_ms)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "Time from a send to the answer of a held poll, and to the send's own 201, one message at a time")?;
        writeln!(f)?;
        writeln!(f, "{:18} {:>8} | {:>26} | {:>26}", "", "", "held poll, ms", "201, ms")?;
        let times = format!("{:>8} {:>8} {:>8}", "p50", "p99", "max");
        write!(f, "{:18} {:>8} | {times} | {times}", "", "messages")?;
        for Row { name, messages, answer, acknowledgement } in &self.rows {
            write!(f, "\n{name:18} {messages:8} | {answer} | {acknowledgement}")?;
        }
        Ok(())
    }
}
