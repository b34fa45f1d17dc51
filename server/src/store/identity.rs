//! The identity of a database: random numbers, drawn once, that tell its cursors from those of any other database.

use super::{OpenError, Store, StoreError, Transaction, execute, on};
use crate::domain::clock;

/// The length of the key that seals cursors.
pub(crate) const CURSOR_KEY_BYTES: usize = 16;

/// Stores the identity of a new database. A no-op for one that has an identity.
pub(super) const INSERT_IDENTITY: &str = "insert into database_identity (id, epoch, cursor_key, created_at)
    values (1, $1, $2, $3) on conflict do nothing";

/// The numbers that tell this database from any other.
pub(crate) struct Identity {
    pub(crate) epoch: u32,
    /// [`CURSOR_KEY_BYTES`] that never leave the server.
    pub(crate) cursor_key: Vec<u8>,
}

impl Store {
    /// Reads the identity. Also shows whether the database can be read.
    pub(crate) async fn find_identity(&self) -> Result<Identity, StoreError> {
        let sql = "select epoch, cursor_key from database_identity where id = 1";
        let (epoch, cursor_key): (i64, _) = on!(self, readers => sqlx::query_as(sql).fetch_one(readers).await)?;
        let epoch = epoch.try_into().map_err(|error| StoreError::Database(sqlx::Error::Decode(Box::new(error))))?;
        Ok(Identity { epoch, cursor_key })
    }
}

impl Transaction {
    /// Writes something small, to see that the database can be written to.
    pub(crate) async fn probe(&mut self) -> Result<(), StoreError> {
        // SQLite does not write a row that stays the same, so this changes a millisecond of no importance.
        let sql = "update database_identity set created_at = created_at + 1 - 2 * (created_at % 2)";
        execute!(self, sqlx::query(sql))?;
        Ok(())
    }
}

/// Draws an identity and hands it to `insert`. A migration cannot draw one: it is the same for every database.
pub(super) async fn draw_identity<F>(
    insert: impl FnOnce(i64, [u8; CURSOR_KEY_BYTES], i64) -> F,
) -> Result<(), OpenError>
where
    F: Future<Output = Result<(), sqlx::Error>>,
{
    let no_random = |error: getrandom::Error| sqlx::Error::Protocol(error.to_string());
    let epoch = getrandom::u32().map_err(no_random)?;
    let mut cursor_key = [0; CURSOR_KEY_BYTES];
    getrandom::fill(&mut cursor_key).map_err(no_random)?;
    Ok(insert(i64::from(epoch), cursor_key, clock::now_ms()).await?)
}
