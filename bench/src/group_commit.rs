//! SQLite alone: commits messages in groups as linger's journal does, but without a server, a socket or a second
//! thread. Each group is one statement for its rows, one for its conversation, and a durable commit.

use std::time::{Duration, Instant};

use linger_rig::folder::Folder;
use rusqlite::Connection;
use serde_json::json;

use crate::dataset;

/// The text of every message.
const TEXT: &str = "forty characters of a message to a room";

/// A database with a single writer.
pub(crate) struct Journal {
    connection: Connection,
    newest: i64,
    _folder: Folder,
}

impl Journal {
    /// Creates an empty database with linger's tables.
    pub(crate) fn open() -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        let connection = dataset::create(&folder)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", "on")?;
        connection.execute("insert into users (name, created_at) values ('sender', 0)", [])?;
        Ok(Self { connection, newest: 0, _folder: folder })
    }

    /// Writes this many messages, and returns once they are on disk.
    pub(crate) fn commit(&mut self, count: usize) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let transaction = self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let last = self.newest + count as i64;
        transaction
            .prepare_cached("update conversations set newest_seq = newest_seq + ?, newest_id = ? where id = 1")?
            .execute((count as i64, last))?;
        let rows: Vec<_> =
            (self.newest + 1..=last).map(|id| json!([id, 1, id, 1, TEXT, 1_700_000_000_000_i64])).collect();
        let sql = "insert into messages (id, conversation_id, seq, sender_id, text, sent_at)
             select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5 from json_each(?)";
        transaction.prepare_cached(sql)?.execute([serde_json::Value::from(rows).to_string()])?;
        transaction.commit()?;
        self.newest = last;
        Ok(begun.elapsed())
    }
}
