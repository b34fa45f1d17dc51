//! The report of `rooms`.

use std::fmt::{self, Display, Formatter};

use anyhow::ensure;
use serde::Serialize;

use crate::order::Faults;
use crate::spread::Percentiles;

/// The results of all stages.
#[derive(Serialize)]
pub(crate) struct Report {
    /// Users, each with a held poll.
    pub(crate) users: usize,
    /// Rooms besides `general`.
    pub(crate) rooms: usize,
    pub(crate) stages: Vec<Stage>,
    /// The errors of all stages.
    pub(crate) faults: Faults,
}

/// The results of one load. Rates cover the stage itself; everything else includes the messages in transit at its end.
#[derive(Serialize)]
pub(crate) struct Stage {
    /// Messages due per second.
    pub(crate) offered: f64,
    /// Messages answered with 201 per second.
    pub(crate) acknowledged: f64,
    /// Messages times readers per second.
    pub(crate) deliveries: f64,
    /// The average.
    pub(crate) messages_in_an_answer: f64,
    /// From when a message was due to the answer of each poll.
    pub(crate) arrival: Percentiles,
    /// From when a message was due to its 201.
    pub(crate) acknowledgement: Percentiles,
    /// The number of cores that the server kept busy.
    pub(crate) server_cores: f64,
    /// The number of cores that this program kept busy.
    pub(crate) client_cores: f64,
    /// The server's CPU time per delivery, including the poll that follows and a share of the send.
    pub(crate) server_us: f64,
    /// This program's CPU time per delivery.
    pub(crate) client_us: f64,
}

impl Report {
    /// Fails if a reader missed a message, or received one twice or out of order.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(self.faults.total() == 0, "{:?}", self.faults);
        Ok(())
    }
}

impl Display for Stage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { offered, acknowledged, deliveries, messages_in_an_answer, arrival, acknowledgement, .. } = self;
        let Self { server_cores, client_cores, server_us, client_us, .. } = self;
        write!(f, "{offered:>9.0} {acknowledged:>9.0} {deliveries:>12.0} {messages_in_an_answer:>9.2} {arrival}")?;
        write!(f, " {:>9.2} {:>9.2}", acknowledgement.p50_ms, acknowledgement.p99_ms)?;
        write!(f, " {server_cores:>7.2} {client_cores:>7.2} {server_us:>9.1} {client_us:>9.1}")
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { users, rooms, stages, faults } = self;
        writeln!(
            f,
            "{users} users with held polls, {rooms} rooms and private conversations. Cores, and CPU time per delivery"
        )?;
        writeln!(f, "in µs, of the server and of this program. Latencies count from when a message was due.\n")?;
        let [offered, acknowledged, deliveries, answer] = ["due/s", "201/s", "delivered/s", "msgs/poll"];
        let [p50, p99, max, ack50, ack99] = ["p50 ms", "p99 ms", "max ms", "201 p50", "201 p99"];
        let [server, client, server_us, client_us] = ["server", "client", "server µs", "client µs"];
        write!(f, "{offered:>9} {acknowledged:>9} {deliveries:>12} {answer:>9} {p50:>8} {p99:>8} {max:>8}")?;
        writeln!(f, " {ack50:>9} {ack99:>9} {server:>7} {client:>7} {server_us:>9} {client_us:>9}")?;
        for stage in stages {
            writeln!(f, "{stage}")?;
        }
        let Faults { missing, doubled, disordered } = faults;
        write!(f, "\nmissing {missing}, doubled {doubled}, out of order {disordered}")
    }
}
