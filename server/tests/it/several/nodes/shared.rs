//! The state that nodes share: a database and a signing key.

use std::net::{Ipv4Addr, SocketAddr};

use linger_rig::proxy::Proxy;
use tempfile::TempDir;

use crate::harness::{TestServer, at_once, database};

/// A database and a key file. Nodes must end before it is dropped.
pub(crate) struct Shared {
    pub(crate) database: String,
    folder: TempDir,
}

impl Shared {
    /// Creates an empty database in the suite's cluster.
    pub(crate) async fn new() -> Self {
        Self::on(database::new_database().await.expect("these tests need PostgreSQL"))
    }

    /// Uses an existing database.
    pub(crate) fn on(database: String) -> Self {
        Self { database, folder: tempfile::tempdir().unwrap() }
    }

    /// Starts a node.
    pub(crate) async fn node(&self) -> TestServer {
        start(&self.database, &self.key_file(), &[]).await
    }

    /// Starts several nodes, one after the other.
    pub(crate) async fn nodes<const N: usize>(&self) -> [TestServer; N] {
        self.nodes_with(&[]).await
    }

    /// Starts several nodes with further settings, one after the other.
    pub(crate) async fn nodes_with<const N: usize>(&self, settings: &[(&str, &str)]) -> [TestServer; N] {
        let mut nodes = Vec::new();
        while nodes.len() < N {
            nodes.push(start(&self.database, &self.key_file(), settings).await);
        }
        nodes.try_into().ok().expect("N nodes")
    }

    /// Starts several nodes concurrently.
    pub(crate) async fn nodes_at_once(&self, count: usize) -> Vec<TestServer> {
        let node = |_| {
            let (database, key_file) = (self.database.clone(), self.key_file());
            async move { start(&database, &key_file, &[]).await }
        };
        at_once((0..count).map(node)).await
    }

    /// Starts a node that reaches the database through a proxy of its own.
    pub(crate) async fn node_over_a_link(&self) -> (TestServer, Proxy) {
        let (rest, name) = self.database.rsplit_once('/').unwrap();
        let (user, port) = rest.rsplit_once(':').unwrap();
        let link = Proxy::start(SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse().unwrap()))).await.unwrap();
        let over_the_link = format!("{user}:{}/{name}", link.port());
        (start(&over_the_link, &self.key_file(), &[]).await, link)
    }

    /// The path of the nodes' signing key.
    pub(crate) fn key_file(&self) -> String {
        self.folder.path().join("signing.key").to_str().unwrap().to_owned()
    }
}

async fn start(database: &str, key_file: &str, settings: &[(&str, &str)]) -> TestServer {
    let own = [("DATABASE_URL", database), ("ROCKET_CHAT__SIGNING_KEY_FILE", key_file)];
    TestServer::start_with(&[own.as_slice(), settings].concat()).await
}
