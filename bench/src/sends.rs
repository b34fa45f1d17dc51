//! Durable sends: how many messages per second are stored and acknowledged. The comparisons are a bare POST, which is
//! HTTP without a disk, and SQLite's own group commit, which is a disk without HTTP.

use std::fmt::{self, Display, Formatter};

use clap::Args;
use serde::Serialize;

use crate::contest::{self, Contender, Pair};
use crate::group_commit::Journal;
use crate::servers::{floor, linger};

/// The options of `sends`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Numbers of keep-alive connections, each sending one message at a time; one contest for each number
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 512])]
    connections: Vec<usize>,
    #[command(flatten)]
    contest: contest::Schedule,
}

/// The results, one contest for each number of connections.
#[derive(Serialize)]
pub(crate) struct Report {
    contests: Vec<contest::Report>,
}

/// Measures linger on SQLite, the floor, and SQLite alone.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let mut contests = Vec::new();
    for &connections in &arguments.connections {
        let (nodes, floor) = ([linger::start()?], floor::start()?);
        let linger = Contender::nodes("linger", &nodes, None, connections)?;
        let floor = Contender::floor("bare POST", &floor, &linger);
        let file = Contender::file("SQLite alone", Journal::open()?, connections);
        let pairs = [Pair("linger", "bare POST"), Pair("linger", "SQLite alone")];
        let report = contest::run(arguments.contest, connections, &mut [floor, linger, file], &pairs)?;
        eprintln!("{report}\n");
        contests.push(report);
    }
    Ok(Report { contests })
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Acknowledged sends. `SQLite alone` commits as many messages at once as the others have connections."
        )?;
        writeln!(f, "This program writes them itself, so their CPU time is listed under `client`.\n")?;
        let contests: Vec<_> = self.contests.iter().map(contest::Report::to_string).collect();
        f.write_str(&contests.join("\n\n"))
    }
}
