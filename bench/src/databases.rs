//! Durable sends on each database: one node on SQLite, one on PostgreSQL, and three on PostgreSQL.

use clap::Args;

use crate::contest::{self, Contender, Pair, Report};
use crate::nodes;
use crate::servers::linger;

const SQLITE: &str = "SQLite";
const ONE_NODE: &str = "PostgreSQL, one node";
const THREE_NODES: &str = "PostgreSQL, three nodes";

/// The options of `databases`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Number of keep-alive connections, each sending one message at a time
    #[arg(long, default_value_t = 64)]
    connections: usize,
    #[command(flatten)]
    contest: contest::Schedule,
}

/// Measures all three. They run at the same time, but only one of them receives requests.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let cluster = nodes::postgres().await?;
    let sqlite = [linger::start()?];
    let one = nodes::on_postgres(&cluster, 1).await?;
    let three = nodes::on_postgres(&cluster, 3).await?;
    let connections = arguments.connections;
    let mut contenders = [
        Contender::nodes(SQLITE, &sqlite, None, connections)?,
        Contender::nodes(ONE_NODE, &one, Some(&cluster), connections)?,
        Contender::nodes(THREE_NODES, &three, Some(&cluster), connections)?,
    ];
    let pairs = [Pair(ONE_NODE, SQLITE), Pair(THREE_NODES, SQLITE), Pair(THREE_NODES, ONE_NODE)];
    contest::run(arguments.contest, connections, &mut contenders, &pairs)
}
