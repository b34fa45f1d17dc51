//! The database that the settings name, opened and checked, as a pool that `rocket_db_pools` manages.

use figment::Figment;
use rocket_db_pools::Pool;
use sqlx::{Postgres, Sqlite};

use super::lease::{LIMIT, Lease};
use super::postgres::PgPools;
use super::settings::{DatabaseSettings, hide_password};
use super::sqlite::SqlitePools;
use super::{On, OpenError, StoreError};

/// The connections to the database that the address names. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) enum ChatPool {
    /// One file, one process.
    Sqlite(SqlitePools),
    /// One server, any number of nodes.
    Postgres(PgPools),
}

impl ChatPool {
    /// Leases the connection that writes: the journal's.
    pub(super) async fn lease_writer(&self) -> Result<On<Lease<Sqlite>, Lease<Postgres>>, StoreError> {
        Ok(match self {
            Self::Sqlite(pools) => On::Sqlite(Lease::from_berth(&pools.berth, &pools.writer, None).await?),
            Self::Postgres(pools) => On::Postgres(Lease::from_berth(&pools.berth, &pools.writer, Some(LIMIT)).await?),
        })
    }
}

#[async_trait::async_trait]
impl Pool for ChatPool {
    type Connection = On<Lease<Sqlite>, Lease<Postgres>>;
    type Error = OpenError;

    /// Opens the database, brings its tables up to date, and checks that acknowledged writes last.
    async fn init(figment: &Figment) -> Result<Self, Self::Error> {
        let settings: DatabaseSettings = figment.extract().map_err(Box::new)?;
        match settings.url.split_once(':') {
            Some(("sqlite", _)) => Ok(Self::Sqlite(SqlitePools::open(&settings.url, &settings).await?)),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(PgPools::open(&settings.url, &settings).await?)),
            _ => Err(OpenError::Address(hide_password(&settings.url))),
        }
    }

    /// Leases a connection that reads.
    async fn get(&self) -> Result<Self::Connection, Self::Error> {
        Ok(match self {
            // An idle connection needs no test, so this rarely has to wait.
            Self::Sqlite(pools) => On::Sqlite(match pools.readers.try_acquire() {
                Some(idle) => Lease::of(idle, None),
                None => Lease::from_pool(&pools.readers, None).await?,
            }),
            Self::Postgres(pools) => On::Postgres(Lease::from_pool(&pools.readers, Some(LIMIT)).await?),
        })
    }

    async fn close(&self) {
        match self {
            Self::Sqlite(pools) => pools.close().await,
            Self::Postgres(pools) => pools.close().await,
        }
    }
}
