//! The contenders: servers and the requests sent to them, or a file that is written without any server.

use anyhow::{Context, ensure};
use linger_rig::postgres::Cluster;
use serde_json::json;

use crate::group_commit::Journal;
use crate::http::post;
use crate::servers::{Server, exchange};
use crate::swarm::answer::last_quoted;

/// The text of every message.
const TEXT: &str = "forty characters of a message to a room";

/// A contender.
pub(crate) struct Contender<'a> {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// The processes whose CPU time is reported, each separately.
    pub(crate) pids: Vec<u32>,
    /// Its PostgreSQL cluster, if any.
    pub(crate) cluster: Option<&'a Cluster>,
    pub(crate) sends: Sends,
}

/// The ways to send.
pub(crate) enum Sends {
    /// For each connection, its port and the request to repeat.
    Requests(Vec<(u16, Vec<u8>)>),
    /// Commits with this many messages each.
    Batches(Journal, usize),
}

impl<'a> Contender<'a> {
    /// Enters nodes, with guests spread evenly over them, one for each connection.
    pub(crate) fn nodes(
        name: &'static str,
        nodes: &[Server],
        cluster: Option<&'a Cluster>,
        connections: usize,
    ) -> anyhow::Result<Self> {
        let mut requests = Vec::with_capacity(connections);
        for node in nodes.iter().cycle().take(connections) {
            let (status, body) = exchange(node.port, &post("/connect", None, r#"{"latest":0}"#))?;
            ensure!(status == 201, "a guest of {name} was answered with {status}");
            let token = last_quoted(&body, br#""token":""#).context("an answer has no token")?;
            let send = post("/send", Some(std::str::from_utf8(token)?), &json!({ "text": TEXT }).to_string());
            requests.push((node.port, send));
        }
        let pids = nodes.iter().flat_map(Server::pids).collect();
        Ok(Self { name, pids, cluster, sends: Sends::Requests(requests) })
    }

    /// Enters the floor, which receives the same requests as another contender.
    pub(crate) fn floor(name: &'static str, floor: &Server, other: &Contender<'_>) -> Self {
        let requests = match &other.sends {
            Sends::Requests(requests) => requests.iter().map(|(_, request)| (floor.port, request.clone())).collect(),
            Sends::Batches(..) => Vec::new(),
        };
        Self { name, pids: floor.pids(), cluster: None, sends: Sends::Requests(requests) }
    }

    /// Enters a file that this program writes itself, with this many messages in each commit.
    pub(crate) fn file(name: &'static str, journal: Journal, batch: usize) -> Self {
        Self { name, pids: Vec::new(), cluster: None, sends: Sends::Batches(journal, batch) }
    }
}
