//! linger on several databases and nodes, and the PostgreSQL under them.

use linger_rig::folder::Folder;
use linger_rig::postgres::Cluster;

use crate::servers::{Server, linger};

/// PostgreSQL as it is configured where it was just installed: what the rig sets for its many short-lived
/// clusters is set back. Every commit waits for the disk.
pub async fn postgres() -> anyhow::Result<Cluster> {
    Cluster::start_with(&["shared_buffers=128MB", "max_wal_size=1GB"]).await
}

/// So many nodes on one new database.
pub async fn on_postgres(cluster: &Cluster, count: usize) -> anyhow::Result<Vec<Server>> {
    let url = cluster.create_database().await?;
    // One folder, so that all have one key for tokens.
    let folder = Folder::new()?;
    (0..count).map(|_| linger::start_on(&folder, linger_rig::port::free()?, &url)).collect()
}
