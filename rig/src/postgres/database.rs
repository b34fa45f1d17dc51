//! Databases in a cluster, which may belong to another process.

use anyhow::Context;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// Creates a new, empty database in the cluster behind a database URL, and returns the new URL.
///
/// # Errors
/// Returns an error if the cluster does not answer.
pub async fn create_database(url: &str) -> anyhow::Result<String> {
    let (base, _) = url.rsplit_once('/').with_context(|| format!("{url} names no database"))?;
    let name = format!("test_{:016x}", getrandom::u64()?);
    let mut connection = PgConnection::connect(url).await.with_context(|| format!("{url} does not answer"))?;
    // PostgreSQL refuses to copy a template that is in use, and nothing connects to `template0`.
    let statement = format!("create database {name} template template0");
    connection.execute(AssertSqlSafe(statement)).await?;
    connection.close().await?;
    Ok(format!("{base}/{name}"))
}
