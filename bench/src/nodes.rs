//! linger itself, in release and with its default settings but for the limits on what users do: nodes beside
//! this program, and the PostgreSQL under them.

use linger_rig::folder::Folder;
use linger_rig::node::{Node, Settings, beside_this_program};
use linger_rig::postgres::Cluster;

/// PostgreSQL as it is configured where it was just installed: what the rig sets for its many short-lived
/// clusters is set back. Every commit waits for the disk.
pub async fn postgres() -> anyhow::Result<Cluster> {
    Cluster::start_with(&["shared_buffers=128MB", "max_wal_size=1GB"]).await
}

/// One node on a SQLite file of its own.
pub async fn on_sqlite() -> anyhow::Result<Node> {
    Node::start(Settings::new(beside_this_program()?, &Folder::new()?).without_limits()).await
}

/// So many nodes on one new database.
pub async fn on_postgres(cluster: &Cluster, count: usize) -> anyhow::Result<Vec<Node>> {
    let url = cluster.create_database().await?;
    // One folder, so that all have one key for tokens.
    let settings = Settings::new(beside_this_program()?, &Folder::new()?).without_limits().set("DATABASE_URL", url);
    let mut nodes = Vec::with_capacity(count);
    for _ in 0..count {
        nodes.push(Node::start(settings.clone()).await?);
    }
    Ok(nodes)
}
