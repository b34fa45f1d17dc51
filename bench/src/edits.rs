//! Edits for all readers: what the delivery of an edit costs to polls that ask for changes, beside that of a message.

use std::fmt::{self, Display, Formatter};

use clap::Args;
use serde::Serialize;

use crate::audience::Audience;
use crate::filled::{Deliveries, Filled, Rounds};
use crate::order::Faults;
use crate::reader::{Dialect, Way};
use crate::servers::linger;
use crate::spread::Spread;

/// The options of `edits`.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    rounds: Rounds,
    /// Number of turns
    #[arg(long, default_value_t = 5)]
    turns: usize,
}

/// The results of all turns.
#[derive(Serialize)]
pub(crate) struct Report {
    polls: usize,
    messages: usize,
    turns: Vec<Turn>,
    faults: Faults,
}

/// The results of one turn.
#[derive(Serialize)]
struct Turn {
    messages: Deliveries,
    edits: Deliveries,
}

/// Delivers messages and edits to the same readers, in turn.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let Rounds { polls, parallel, messages, .. } = arguments.rounds;
    let mut filled = Filled::on(linger::start()?, Dialect::LingerChanges, Way::Polls, polls, parallel)?;
    let mut turns = Vec::new();
    for _ in 0..arguments.turns {
        let turn = Turn {
            messages: filled.deliver(&arguments.rounds, Audience::send)?,
            edits: filled.deliver(&arguments.rounds, Audience::edit)?,
        };
        eprintln!("{turn}");
        turns.push(turn);
    }
    Ok(Report { polls, messages, turns, faults: filled.audience.faults() })
}

impl Report {
    /// Fails if a message or an edit did not arrive once and in order.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let faults = self.faults.total();
        anyhow::ensure!(faults == 0, "{faults} messages and edits were missing, doubled or out of order");
        Ok(())
    }

    /// Returns the median of a figure of edits relative to that of messages.
    fn ratio(&self, figure: impl Fn(&Deliveries) -> f64) -> f64 {
        let edits = Spread::of(self.turns.iter().map(|turn| figure(&turn.edits)));
        edits.median / Spread::of(self.turns.iter().map(|turn| figure(&turn.messages))).median
    }
}

impl Display for Turn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:8} {}\n{:8} {}", "messages", self.messages, "edits", self.edits)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { polls, messages, turns, faults } = self;
        writeln!(
            f,
            "{polls} polls that ask for changes. In each turn, {messages} messages to all of them and as many edits."
        )?;
        writeln!(f, "CPU time per delivery in µs.\n\n{:8} {}", "", Deliveries::columns())?;
        turns.iter().try_for_each(|turn| writeln!(f, "{turn}"))?;
        if !turns.is_empty() {
            let (cpu, p99) = (self.ratio(|of| of.server_us), self.ratio(|of| of.arrival.p99_ms));
            writeln!(f, "\nedits / messages, medians: CPU per delivery {cpu:.2}, p99 {p99:.2}")?;
        }
        let Faults { missing, doubled, disordered } = faults;
        write!(f, "missing {missing}, doubled {doubled}, disordered {disordered}")
    }
}
