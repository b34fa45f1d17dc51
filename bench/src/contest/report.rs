//! The report of a contest.

use std::fmt::{self, Display, Formatter};

use anyhow::Context;
use serde::Serialize;

use super::{Contender, Turn};
use crate::spread::Spread;

/// The results of a contest.
#[derive(Serialize)]
pub(crate) struct Report {
    /// Connections to each contender.
    pub(crate) connections: usize,
    /// Turns of each contender.
    pub(crate) rounds: usize,
    /// The duration of a turn.
    pub(crate) seconds: u64,
    pub(crate) rows: Vec<Row>,
    /// Rates compared, round by round.
    pub(crate) ratios: Vec<Ratio>,
}

/// The results of one contender. CPU times are in microseconds per send.
#[derive(Serialize)]
pub(crate) struct Row {
    name: &'static str,
    sends_per_second: Spread,
    p50_ms: Spread,
    p99_ms: Spread,
    client_us: Spread,
    /// One for each server process.
    server_us: Vec<Spread>,
    /// `None` without PostgreSQL.
    postgres_us: Option<Spread>,
}

/// The rate of one contender divided by that of another.
#[derive(Serialize)]
pub(crate) struct Ratio {
    name: String,
    ratio: Spread,
}

/// Two contenders to compare: the rate of the first is divided by that of the second.
pub(crate) struct Pair(pub(crate) &'static str, pub(crate) &'static str);

impl Pair {
    pub(super) fn compare(&self, contenders: &[Contender<'_>], turns: &[Vec<Turn>]) -> anyhow::Result<Ratio> {
        let find = |name| {
            let at = contenders.iter().position(|contender| contender.name == name);
            at.map(|at| &turns[at]).with_context(|| format!("{name} is not a contender"))
        };
        let rounds = find(self.0)?.iter().zip(find(self.1)?);
        let ratio = Spread::of(rounds.map(|(one, other)| one.per_second / other.per_second));
        Ok(Ratio { name: format!("{} / {}", self.0, self.1), ratio })
    }
}

impl Row {
    pub(super) fn of(name: &'static str, turns: &[Turn]) -> Self {
        let spread = |figure: fn(&Turn) -> f64| Spread::of(turns.iter().map(figure));
        let servers = turns.first().map_or(0, |turn| turn.server_us.len());
        let database: Vec<f64> = turns.iter().filter_map(|turn| turn.database_us).collect();
        Self {
            name,
            sends_per_second: spread(|turn| turn.per_second),
            p50_ms: spread(|turn| turn.p50_ms),
            p99_ms: spread(|turn| turn.p99_ms),
            client_us: spread(|turn| turn.client_us),
            server_us: (0..servers).map(|at| Spread::of(turns.iter().map(|turn| turn.server_us[at]))).collect(),
            postgres_us: (!database.is_empty()).then(|| Spread::of(database)),
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { connections, rounds, seconds, .. } = self;
        writeln!(f, "{connections} connections, {rounds} turns of {seconds} s each: median (min to max)")?;
        writeln!(f, "CPU time per send in µs: of the client, each server, and PostgreSQL")?;
        writeln!(f)?;
        let [name, rate, p50, p99] = ["", "sends/s", "p50 ms", "p99 ms"];
        let [client, servers, postgres] = ["client", "servers", "PostgreSQL"];
        writeln!(f, "{name:22} {rate:>23} {p50:>21} {p99:>24} {client:>7} {servers:>14} {postgres:>11}")?;
        for Row { name, sends_per_second, p50_ms, p99_ms, client_us, server_us, postgres_us } in &self.rows {
            let client = format!("{:.0}", client_us.median);
            let servers =
                server_us.iter().map(|spread| format!("{:.0}", spread.median)).collect::<Vec<_>>().join(" + ");
            let postgres = postgres_us.map_or("-".into(), |spread| format!("{:.0}", spread.median));
            write!(f, "{name:22} {sends_per_second:>23.0} {p50_ms:>21.2} {p99_ms:>24.2}")?;
            writeln!(f, " {client:>7} {servers:>14} {postgres:>11}")?;
        }
        for Ratio { name, ratio } in &self.ratios {
            write!(f, "\n{name}: {ratio:.2}")?;
        }
        Ok(())
    }
}
