//! Who takes part: one or more servers, what they stand on, and who sends to them; or a file, written without any.

use anyhow::{Context, ensure};
use linger_rig::postgres::Cluster;
use serde_json::json;

use crate::group_commit::Journal;
use crate::http::post;
use crate::servers::{Server, exchange};
use crate::swarm::answer::last_quoted;

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
    /// How it is sent something.
    pub sends: Sends,
}

/// Ways to send.
pub enum Sends {
    /// Each connection's port, and the request that it sends over and over.
    Requests(Vec<(u16, Vec<u8>)>),
    /// So many messages in each commit.
    Batches(Journal, usize),
}

impl<'a> Contender<'a> {
    /// Nodes, with as many guests spread evenly over them.
    pub fn nodes(
        name: &'static str,
        nodes: &[Server],
        cluster: Option<&'a Cluster>,
        connections: usize,
    ) -> anyhow::Result<Self> {
        let mut requests = Vec::with_capacity(connections);
        for node in nodes.iter().cycle().take(connections) {
            let (status, body) = exchange(node.port, &post("/connect", None, r#"{"latest":0}"#))?;
            ensure!(status == 201, "a guest of {name} is answered {status}");
            let token = last_quoted(&body, br#""token":""#).context("an answer without a token")?;
            let send = post("/send", Some(std::str::from_utf8(token)?), &json!({ "text": TEXT }).to_string());
            requests.push((node.port, send));
        }
        let pids = nodes.iter().flat_map(Server::pids).collect();
        Ok(Self { name, pids, cluster, sends: Sends::Requests(requests) })
    }

    /// The bare program, which gets the very requests of another.
    pub fn floor(name: &'static str, floor: &Server, other: &Contender<'_>) -> Self {
        let requests = match &other.sends {
            Sends::Requests(requests) => requests.iter().map(|(_, request)| (floor.port, request.clone())).collect(),
            Sends::Batches(..) => Vec::new(),
        };
        Self { name, pids: floor.pids(), cluster: None, sends: Sends::Requests(requests) }
    }

    /// A file that this program writes itself, so many messages in each commit.
    pub fn file(name: &'static str, journal: Journal, batch: usize) -> Self {
        Self { name, pids: Vec::new(), cluster: None, sends: Sends::Batches(journal, batch) }
    }
}
