//! Catching up: with unread messages, with pages deep in a history, and with thousands of clients after a restart.

pub(crate) mod history;
mod report;
mod restart;
mod unread;

use clap::Args;
use linger_rig::folder::Folder;

use crate::dataset::{self, Contents};
use crate::servers::linger;
pub(crate) use report::Report;

/// The options of `catch-up`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Numbers of unread messages, one kind of guest for each
    #[arg(long, value_delimiter = ',', default_values_t = [10, 1_000, 100_000])]
    unread: Vec<u64>,
    /// Number of messages in general
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Number of guests of each kind that reconnect, one after the other
    #[arg(long, default_value_t = 10)]
    guests: usize,
    /// Number of pages of history to read at each depth
    #[arg(long, default_value_t = 200)]
    pages: usize,
    /// Number of polls held when the server is restarted
    #[arg(long, default_value_t = 10_000)]
    polls: usize,
    /// Number of restarts
    #[arg(long, default_value_t = 3)]
    restarts: usize,
}

/// Runs all three parts.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let folder = Folder::new()?;
    let tokens = {
        drop(dataset::create(&folder)?);
        let server = linger::start_in(&folder, linger_rig::port::free()?)?;
        unread::sign_in(server.port, arguments.unread.len() * arguments.guests)?
    };
    let connection = dataset::open(&folder)?;
    let contents = Contents { messages: arguments.messages, users: 1, rooms: 0, changes: 0 };
    dataset::fill(&connection, contents)?;
    let mut guests = Vec::new();
    for (count, tokens) in arguments.unread.iter().zip(tokens.chunks(arguments.guests)) {
        unread::mark_unread(&connection, tokens, *count)?;
        guests.push((*count, tokens));
    }
    drop(connection);
    eprintln!("{} messages are stored", arguments.messages);
    let server = linger::start_in(&folder, linger_rig::port::free()?)?;
    let mut unread = Vec::new();
    for (count, tokens) in guests {
        unread.push(unread::measure(server.port, tokens, count)?);
    }
    let history = history::measure(server.port, &tokens[0].token, arguments.messages, 100, arguments.pages)?;
    drop(server);
    let mut restarts = Vec::new();
    for _ in 0..arguments.restarts {
        restarts.push(restart::measure(arguments.polls)?);
    }
    Ok(Report { messages: arguments.messages, unread, history, polls: arguments.polls, restarts })
}
