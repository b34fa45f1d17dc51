//! Durable sends on each database: one node on SQLite, one on PostgreSQL, three on PostgreSQL.

use crate::contest::{self, Arguments, Contender, Pair, Report};
use crate::nodes;

const SQLITE: &str = "SQLite";
const ONE_NODE: &str = "PostgreSQL, one node";
const THREE_NODES: &str = "PostgreSQL, three nodes";

/// Measures all three. They run at the same time, but only one of them is sent anything.
pub async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let cluster = nodes::postgres().await?;
    let sqlite = [nodes::on_sqlite().await?];
    let one = nodes::on_postgres(&cluster, 1).await?;
    let three = nodes::on_postgres(&cluster, 3).await?;
    let connections = arguments.connections;
    let contenders = [
        Contender::nodes(SQLITE, &sqlite, None, connections).await?,
        Contender::nodes(ONE_NODE, &one, Some(&cluster), connections).await?,
        Contender::nodes(THREE_NODES, &three, Some(&cluster), connections).await?,
    ];
    let pairs = [Pair(ONE_NODE, SQLITE), Pair(THREE_NODES, SQLITE), Pair(THREE_NODES, ONE_NODE)];
    contest::run(arguments, &contenders, &pairs).await
}
