//! Growth: measures the same figures on data sets that differ only in their number of messages, users or rooms. A tenth
//! of the messages have changed. None of the figures should grow much.

mod catching_up;
mod figures;
mod report;

use clap::Args;
use linger_rig::folder::Folder;

use crate::dataset::{self, Contents};
use crate::follower::Follower;
use crate::servers::{Exchange, linger};
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
    let contents = |messages, users, rooms| Contents { messages, users, rooms, changes: messages / 10 };
    let kinds = [
        contents(1_000, 100, 0),
        contents(100_000, 100, 0),
        contents(arguments.messages, 100, 0),
        contents(100_000, 100_000, 0),
        contents(100_000, 100, 10_000),
        contents(arguments.messages, 100_000, 10_000),
    ];
    let mut databases = Vec::new();
    for contents in kinds {
        eprintln!("{contents:?}");
        let folder = Folder::new()?;
        drop(dataset::create(&folder)?);
        let follower = {
            let server = linger::start_in(&folder, linger_rig::port::free()?)?;
            Follower::sign_in(&mut Exchange::open(server.port)?)?
        };
        dataset::fill(&dataset::open(&folder)?, contents)?;
        let figures = figures::measure(&folder, contents, follower, arguments.polls, arguments.seconds)?;
        databases.push((contents, figures));
    }
    Ok(Report { polls: arguments.polls, databases })
}
