//! Coming back: to what was said meanwhile, to pages deep in a history, and thousands at once to a server that was
//! restarted.

pub mod history;
mod report;
mod restart;
mod unread;

use clap::Args;
use linger_rig::folder::Folder;

use crate::database::{self, Contents};
use crate::servers::linger;
pub use report::Report;

/// How to measure.
#[derive(Args)]
pub struct Arguments {
    /// Messages that nobody has read: one kind of guest for each of these numbers
    #[arg(long, value_delimiter = ',', default_values_t = [10, 1_000, 100_000])]
    unread: Vec<u64>,
    /// Messages in general
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Guests of each kind that come back, one after the other
    #[arg(long, default_value_t = 10)]
    guests: usize,
    /// Pages of history at each depth
    #[arg(long, default_value_t = 200)]
    pages: usize,
    /// Who holds a poll when the server is restarted
    #[arg(long, default_value_t = 10_000)]
    polls: usize,
    /// Restarts
    #[arg(long, default_value_t = 3)]
    restarts: usize,
}

/// Does all of it.
pub fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let folder = Folder::new()?;
    let tokens = {
        drop(database::create(&folder)?);
        let server = linger::start_in(&folder, linger_rig::port::free()?)?;
        unread::come_in(server.port, arguments.unread.len() * arguments.guests)?
    };
    let connection = database::open(&folder)?;
    let contents = Contents { messages: arguments.messages, users: 1, rooms: 0 };
    database::fill(&connection, contents)?;
    let mut guests = Vec::new();
    for (count, tokens) in arguments.unread.iter().zip(tokens.chunks(arguments.guests)) {
        unread::leave_unread(&connection, tokens, *count)?;
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
