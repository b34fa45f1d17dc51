//! Durable sends: how many messages a second are on disk and acknowledged, against a bare POST, which is HTTP without
//! a disk, and against SQLite's own group commit, which is a disk without HTTP.

use std::fmt::{self, Display, Formatter};

use clap::Args;
use serde::Serialize;

use crate::contest::{self, Contender, Pair};
use crate::group_commit::Journal;
use crate::servers::{floor, linger};

/// How to measure.
#[derive(Args)]
pub struct Arguments {
    /// Keep-alive connections, each sending one message after the other: one contest for each of these numbers
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 512])]
    connections: Vec<usize>,
    #[command(flatten)]
    contest: contest::Arguments,
}

/// One contest for each number of connections.
#[derive(Serialize)]
pub struct Report {
    contests: Vec<contest::Report>,
}

/// Measures linger on SQLite, the bare program, and SQLite alone.
pub fn run(arguments: &Arguments) -> anyhow::Result<Report> {
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
            "Acknowledged sends. SQLite alone: groups of as many messages as there are connections elsewhere,"
        )?;
        writeln!(f, "written by this program; its CPU is the client's.\n")?;
        let contests: Vec<_> = self.contests.iter().map(contest::Report::to_string).collect();
        f.write_str(&contests.join("\n\n"))
    }
}
