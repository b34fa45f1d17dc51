//! Durable sends: how many messages a second are on disk and acknowledged, against the rate of a bare POST.

use crate::contest::{self, Arguments, Contender, Pair, Report};
use crate::nodes;
use crate::servers::floor;

/// Measures linger on SQLite and the bare program.
pub async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let (nodes, floor) = ([nodes::on_sqlite().await?], floor::start()?);
    let linger = Contender::nodes("linger", &nodes, None, arguments.connections).await?;
    let floor = Contender::floor("bare POST", &floor, &linger)?;
    contest::run(arguments, &[floor, linger], &[Pair("linger", "bare POST")]).await
}
