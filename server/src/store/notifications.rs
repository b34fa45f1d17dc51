//! Notifications between nodes: PostgreSQL's `LISTEN` and `NOTIFY`. A notification only says how far the database has
//! come. A node that missed it reads the same from the tables.
//!
//! <https://www.postgresql.org/docs/current/sql-notify.html>

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};

use super::lease::{LIMIT, within};
use super::{ChatPool, Heads, Store, StoreError, execute};

/// A connection that receives what other nodes notify, from its creation on.
pub(crate) struct Notifications(PgListener);

impl Store {
    /// Begins to listen. Returns `None` on SQLite, where there are no other nodes.
    pub(crate) async fn listen(&self) -> Result<Option<Notifications>, StoreError> {
        let ChatPool::Postgres(pools) = &self.pool else { return Ok(None) };
        let options = PgConnectOptions::clone(&pools.listening);
        within(Some(LIMIT), async {
            let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
            let mut listener = PgListener::connect_with(&pool.connect_with(options).await?).await?;
            // After a lost connection, the caller has to read what it missed before it listens again.
            listener.eager_reconnect(false);
            listener.listen("linger").await?;
            Ok(Some(Notifications(listener)))
        })
        .await
    }

    /// Tells all listening nodes how far the database has come, news or not: a heartbeat.
    pub(crate) async fn notify(&self, heads: Heads) -> Result<(), StoreError> {
        if !self.is_shared() {
            return Ok(());
        }
        let sql = "select pg_notify('linger', $1 || ' ' || $2)";
        let (event, bulletin) = (heads.event.to_string(), heads.bulletin.to_string());
        execute!(self, sqlx::query(sql).bind(event).bind(bulletin))?;
        Ok(())
    }
}

impl Notifications {
    /// Waits for the next notification. On a link that has gone silent, it waits for ever.
    pub(crate) async fn next(&mut self) -> Result<Heads, StoreError> {
        loop {
            let Some(notification) = self.0.try_recv().await? else {
                return Err(StoreError::Database(sqlx::Error::Io(std::io::ErrorKind::ConnectionAborted.into())));
            };
            if let Some(heads) = parse(notification.payload()) {
                return Ok(heads);
            }
        }
    }
}

fn parse(payload: &str) -> Option<Heads> {
    let (event, bulletin) = payload.split_once(' ')?;
    Some(Heads { event: event.parse().ok()?, bulletin: bulletin.parse().ok()? })
}
