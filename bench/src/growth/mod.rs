//! Growth: measures the same figures on data sets that differ only in their number of messages, users or rooms. None of
//! the figures should grow much.

mod figures;
mod report;

use clap::Args;
use linger_rig::folder::Folder;

use crate::dataset::{self, Contents};
pub(crate) use report::Report;

/// The options of `growth`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Number of messages in the largest data set
    #[arg(long, default_value_t = 10_000_000)]
    messages: u64,
    /// Number of polls held on each
    #[arg(long, default_value_t = 2_000)]
    polls: usize,
    /// Seconds for each measurement of sends
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

/// Measures each data set, the smallest first.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let small = Contents { messages: 1_000, users: 100, rooms: 0 };
    let kinds = [
        small,
        Contents { messages: 100_000, ..small },
        Contents { messages: arguments.messages, ..small },
        Contents { messages: 100_000, users: 100_000, ..small },
        Contents { messages: 100_000, rooms: 10_000, ..small },
        Contents { messages: arguments.messages, users: 100_000, rooms: 10_000 },
    ];
    let mut databases = Vec::new();
    for contents in kinds {
        eprintln!("{contents:?}");
        let folder = Folder::new()?;
        dataset::fill(&dataset::create(&folder)?, contents)?;
        databases.push((contents, figures::measure(&folder, contents, arguments.polls, arguments.seconds)?));
    }
    Ok(Report { polls: arguments.polls, databases })
}
