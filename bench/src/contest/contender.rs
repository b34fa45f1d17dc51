//! Who takes part: one or more servers, what they stand on, and who sends to them.

use anyhow::Context;
use linger_rig::node::Node;
use linger_rig::postgres::Cluster;

use crate::connection::Connection;
use crate::guest::Guest;
use crate::servers::Server;

/// What everybody says.
const TEXT: &str = "forty characters of a message to a room";

/// One who takes part.
pub struct Contender<'a> {
    /// What the table calls it.
    pub name: &'static str,
    /// Processes whose time is counted, each for itself.
    pub pids: Vec<u32>,
    /// PostgreSQL, if it stands on that.
    pub cluster: Option<&'a Cluster>,
    /// Each connection's port, and the request that it sends over and over.
    pub senders: Vec<(u16, Vec<u8>)>,
}

impl<'a> Contender<'a> {
    /// Nodes, with as many guests spread evenly over them.
    pub async fn nodes(
        name: &'static str,
        nodes: &[Node],
        cluster: Option<&'a Cluster>,
        connections: usize,
    ) -> anyhow::Result<Self> {
        let mut senders = Vec::with_capacity(connections);
        for node in nodes.iter().cycle().take(connections) {
            let guest = Guest::connect(&mut Connection::open(node.port()).await?).await.context(name)?;
            senders.push((node.port(), guest.send(TEXT)));
        }
        let pids = nodes.iter().map(Node::pid).collect::<anyhow::Result<_>>()?;
        Ok(Self { name, pids, cluster, senders })
    }

    /// The bare program, which gets the very requests of another.
    pub fn floor(name: &'static str, floor: &Server, other: &Contender<'_>) -> anyhow::Result<Self> {
        let senders = other.senders.iter().map(|(_, request)| (floor.port, request.clone())).collect();
        Ok(Self { name, pids: floor.pids(), cluster: None, senders })
    }
}
