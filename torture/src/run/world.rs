//! The processes of a run: a database, nodes on it, and the links between them.

use std::net::SocketAddr;

use anyhow::Context;
use linger_rig::folder::Folder;
use linger_rig::node::{Node, Settings, beside_this_program};
use linger_rig::postgres::Cluster;
use linger_rig::proxy::Proxy;

use super::options::{Database, Options};

/// All processes of a run.
pub(super) struct World {
    pub(super) nodes: Vec<Node>,
    /// The links from each node to the database server; none on SQLite.
    pub(super) links: Vec<Proxy>,
    pub(super) cluster: Option<Cluster>,
}

impl World {
    /// Starts all processes on an empty database. The first node creates the tables and the key; then the others start
    /// at once.
    pub(super) async fn start(options: &Options) -> anyhow::Result<Self> {
        options.check()?;
        let program = options.lingerd.clone().map_or_else(beside_this_program, Ok)?;
        let folder = Folder::new()?;
        let (mut cluster, mut links, mut urls) = (None, Vec::new(), Vec::new());
        match options.database {
            Database::Sqlite => urls.push(format!("sqlite:{}", folder.path().join("linger.db").display())),
            Database::Postgres => {
                let started = Cluster::start().await?;
                let url = started.create_database().await?;
                for _ in 0..options.nodes {
                    let link = Proxy::start(SocketAddr::from(([127, 0, 0, 1], started.port()))).await?;
                    urls.push(url.replace(&format!(":{}/", started.port()), &format!(":{}/", link.port())));
                    links.push(link);
                }
                cluster = Some(started);
            }
        }
        let mut starting = Vec::new();
        for url in urls {
            let mut settings = Settings::new(&program, &folder)
                .without_limits()
                .set("ROCKET_CHAT__SIGNING_KEY_FILE", folder.path().join("signing.key"))
                .set("DATABASE_URL", url);
            for variable in &options.environment {
                let (name, value) = variable
                    .split_once('=')
                    .with_context(|| format!("`{variable}` does not have the form NAME=VALUE"))?;
                settings = settings.set(name, value);
            }
            starting.push(settings);
        }
        let mut nodes = Vec::new();
        let mut starting = starting.into_iter();
        if let Some(first) = starting.next() {
            nodes.push(Node::start(first).await?);
        }
        let others: Vec<_> = starting.map(|settings| tokio::spawn(Node::start(settings))).collect();
        for node in others {
            nodes.push(node.await??);
        }
        Ok(Self { nodes, links, cluster })
    }

    /// Returns the nodes' base URLs.
    pub(super) fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(|node| node.url("")).collect()
    }
}
