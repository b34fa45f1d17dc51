//! The database that the settings name, opened and checked, in the shape that `rocket_db_pools` manages.

use std::time::Duration;

use figment::Figment;
use rocket_db_pools::Pool;
use serde::Deserialize;
use sqlx::pool::PoolConnection;

use super::sqlite::SqlitePools;
use super::{On, OpenError};

/// The connections to whichever database the address names. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) enum ChatPool {
    /// One file, one process.
    Sqlite(SqlitePools),
}

/// `[default.databases.chat]`: what `Rocket.toml` documents.
#[derive(Deserialize)]
pub(super) struct DatabaseSettings {
    url: String,
    /// Connections that read; the one that writes comes on top.
    pub(super) max_connections: u32,
    /// Seconds until a query gives up waiting for a connection.
    connect_timeout: u64,
}

impl DatabaseSettings {
    pub(super) fn acquire_timeout(&self) -> Duration {
        Duration::from_secs(self.connect_timeout)
    }
}

impl ChatPool {
    pub(super) fn readers(&self) -> On<&sqlx::SqlitePool> {
        match self {
            Self::Sqlite(pools) => On::Sqlite(&pools.readers),
        }
    }
}

#[async_trait::async_trait]
impl Pool for ChatPool {
    type Connection = PoolConnection<sqlx::Sqlite>;
    type Error = OpenError;

    /// Opens the database, brings its tables up to date and checks that it keeps what it acknowledges.
    async fn init(figment: &Figment) -> Result<Self, Self::Error> {
        let settings: DatabaseSettings = figment.extract().map_err(Box::new)?;
        match settings.url.split_once(':') {
            Some(("sqlite", _)) => Ok(Self::Sqlite(SqlitePools::open(&settings.url, &settings).await?)),
            _ => Err(OpenError::Address(hide_password(&settings.url))),
        }
    }

    async fn get(&self) -> Result<Self::Connection, Self::Error> {
        match self {
            Self::Sqlite(pools) => Ok(pools.readers.acquire().await?),
        }
    }

    async fn close(&self) {
        match self {
            Self::Sqlite(pools) => pools.close().await,
        }
    }
}

/// The address with nothing between `//` and `@`, for a message that may be logged.
fn hide_password(url: &str) -> String {
    match (url.find("//"), url.rfind('@')) {
        (Some(start), Some(end)) if start < end => format!("{}…{}", &url[..start + 2], &url[end..]),
        _ => url.to_owned(),
    }
}
