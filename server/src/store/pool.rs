//! The database that the settings name, opened and checked, in the shape that `rocket_db_pools` manages.

use std::time::Duration;

use figment::Figment;
use rocket_db_pools::Pool;
use serde::Deserialize;
use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Sqlite};

use super::lease::{LIMIT, Lease};
use super::postgres::PgPools;
use super::sqlite::SqlitePools;
use super::{On, OpenError, StoreError};

/// The connections to whichever database the address names. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) enum ChatPool {
    /// One file, one process.
    Sqlite(SqlitePools),
    /// One server, any number of nodes.
    Postgres(PgPools),
}

/// `[default.databases.chat]`: what `Rocket.toml` documents.
#[derive(Deserialize)]
pub(super) struct DatabaseSettings {
    pub(super) url: String,
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
    /// A connection that reads.
    pub(super) async fn lease_reader(&self) -> Result<On<Lease<Sqlite>, Lease<Postgres>>, StoreError> {
        Ok(match self {
            Self::Sqlite(pools) => On::Sqlite(Lease::from_pool(&pools.readers, None).await?),
            Self::Postgres(pools) => On::Postgres(Lease::from_pool(&pools.readers, Some(LIMIT)).await?),
        })
    }

    /// The connection that writes: the journal's.
    pub(super) async fn lease_writer(&self) -> Result<On<Lease<Sqlite>, Lease<Postgres>>, StoreError> {
        Ok(match self {
            Self::Sqlite(pools) => On::Sqlite(Lease::from_berth(&pools.berth, &pools.writer, None).await?),
            Self::Postgres(pools) => On::Postgres(Lease::from_berth(&pools.berth, &pools.writer, Some(LIMIT)).await?),
        })
    }
}

/// A connection from the pool of either database.
pub(crate) enum ChatConnection {
    /// To the file.
    Sqlite(#[expect(dead_code, reason = "the trait below hands it out; the store uses leases")] PoolConnection<Sqlite>),
    /// To the server.
    Postgres(
        #[expect(dead_code, reason = "the trait below hands it out; the store uses leases")] PoolConnection<Postgres>,
    ),
}

#[async_trait::async_trait]
impl Pool for ChatPool {
    type Connection = ChatConnection;
    type Error = OpenError;

    /// Opens the database, brings its tables up to date and checks that it keeps what it acknowledges.
    async fn init(figment: &Figment) -> Result<Self, Self::Error> {
        let settings: DatabaseSettings = figment.extract().map_err(Box::new)?;
        match settings.url.split_once(':') {
            Some(("sqlite", _)) => Ok(Self::Sqlite(SqlitePools::open(&settings.url, &settings).await?)),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(PgPools::open(&settings.url, &settings).await?)),
            _ => Err(OpenError::Address(hide_password(&settings.url))),
        }
    }

    async fn get(&self) -> Result<Self::Connection, Self::Error> {
        Ok(match self {
            Self::Sqlite(pools) => ChatConnection::Sqlite(pools.readers.acquire().await?),
            Self::Postgres(pools) => ChatConnection::Postgres(pools.readers.acquire().await?),
        })
    }

    async fn close(&self) {
        match self {
            Self::Sqlite(pools) => pools.close().await,
            Self::Postgres(pools) => pools.close().await,
        }
    }
}

/// The address with nothing between `//` and `@`, for a message that may be logged.
pub(super) fn hide_password(url: &str) -> String {
    match (url.find("//"), url.rfind('@')) {
        (Some(start), Some(end)) if start < end => format!("{}…{}", &url[..start + 2], &url[end..]),
        _ => url.to_owned(),
    }
}
