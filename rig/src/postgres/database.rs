//! Databases in a cluster, which may be another process's.

use anyhow::Context;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// Makes a new, empty database in the cluster that a URL of one of its databases leads to; returns its URL.
///
/// # Errors
/// When the cluster does not answer.
pub async fn create_database(url: &str) -> anyhow::Result<String> {
    let (base, _) = url.rsplit_once('/').with_context(|| format!("{url} names no database"))?;
    let name = format!("test_{:016x}", getrandom::u64()?);
    let mut connection = PgConnection::connect(url).await.with_context(|| format!("{url} does not answer"))?;
    // From the template that nobody connects to: copying one that somebody uses is refused.
    let statement = format!("create database {name} template template0");
    connection.execute(AssertSqlSafe(statement)).await?;
    connection.close().await?;
    Ok(format!("{base}/{name}"))
}
