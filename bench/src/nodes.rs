//! Nodes of linger that share a PostgreSQL cluster.

use linger_rig::folder::Folder;
use linger_rig::postgres::Cluster;

use crate::servers::{Server, linger};

/// Starts PostgreSQL with the settings of a fresh installation, undoing what the rig sets for its many short-lived
/// clusters. Every commit waits for the disk.
pub(crate) async fn postgres() -> anyhow::Result<Cluster> {
    Cluster::start_with(&["shared_buffers=128MB", "max_wal_size=1GB"]).await
}

/// Starts this many nodes on a new database.
pub(crate) async fn on_postgres(cluster: &Cluster, count: usize) -> anyhow::Result<Vec<Server>> {
    let url = cluster.create_database().await?;
    // In one folder, so that all nodes share the signing key.
    let folder = Folder::new()?;
    (0..count).map(|_| linger::start_on(&folder, linger_rig::port::free()?, &url)).collect()
}
