//! A SQLite file as linger leaves it after years: created by linger itself, and filled by this program while no server
//! runs on it.

use std::fs::File;

use anyhow::{Context, ensure};
use linger_rig::folder::Folder;
use rusqlite::Connection;
use serde::Serialize;

use crate::servers::linger;

/// The size of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Contents {
    /// Messages, spread evenly over `general` and the rooms.
    pub(crate) messages: u64,
    /// Users, who are members of `general` only.
    pub(crate) users: u64,
    /// Rooms besides `general`.
    pub(crate) rooms: u64,
}

/// The first message's timestamp in milliseconds since 1970. The others follow a second apart.
const FIRST_SENT_AT_MS: u64 = 1_600_000_000_000;

/// Creates linger's tables in a folder by starting and stopping a server, and opens the file.
pub(crate) fn create(folder: &Folder) -> anyhow::Result<Connection> {
    let mut server = linger::start_in(folder, linger_rig::port::free()?)?;
    let status = server.stop()?;
    ensure!(status.success(), "linger ended with {status}");
    open(folder)
}

/// Opens the file of a server that has ended.
pub(crate) fn open(folder: &Folder) -> anyhow::Result<Connection> {
    Ok(Connection::open(folder.path().join("var/linger.db"))?)
}

/// Fills a database without messages. Texts have the form of [`crate::speech`]: message n of conversation c is number n
/// of speaker c.
pub(crate) fn fill(connection: &Connection, contents: Contents) -> anyhow::Result<()> {
    let Contents { messages, users, rooms } = contents;
    let count: i64 = connection.query_row("select count(*) from messages", [], |row| row.get(0))?;
    ensure!(count == 0, "the database already has messages");
    // Losing this file would not matter, as it can be made again. The server sets its own pragmas when it opens it.
    connection.execute_batch(
        "pragma journal_mode = off; pragma synchronous = off; pragma foreign_keys = off;
         pragma cache_size = -1000000; pragma locking_mode = exclusive; begin;",
    )?;
    let conversations = rooms + 1;
    let first_user: i64 = connection.query_row("select coalesce(max(id), 0) + 1 from users", [], |row| row.get(0))?;
    let text = crate::speech::text(0, 0);
    let padding = text.len();
    connection
        .execute_batch(&format!(
            "with recursive n (i) as (select 0 union all select i + 1 from n where i + 1 < {users})
         insert into users (id, name, created_at)
         select {first_user} + i, 'filled-' || i, {FIRST_SENT_AT_MS} from n where {users} > 0;

         with recursive n (i) as (select 2 union all select i + 1 from n where i < {conversations})
         insert into conversations (id) select i from n where {rooms} > 0;
         with recursive n (i) as (select 2 union all select i + 1 from n where i < {conversations})
         insert into rooms (id, conversation_id, name, created_by, created_at)
         select i, i, 'filled-' || i, {first_user}, {FIRST_SENT_AT_MS} from n where {rooms} > 0;

         with recursive n (i) as (select 0 union all select i + 1 from n where i + 1 < {messages})
         insert into messages (id, conversation_id, seq, sender_id, text, sent_at)
         select i + 1, 1 + i % {conversations}, 1 + i / {conversations}, {first_user} + i % max({users}, 1),
                substr(printf('~%d %d ........................................',
                              1 + i % {conversations}, 1 + i / {conversations}), 1, {padding}),
                {FIRST_SENT_AT_MS} + i * 1000
         from n where {messages} > 0;

         update conversations set
             newest_seq = {messages} / {conversations} + (id <= {messages} % {conversations}),
             newest_id = coalesce((select max(m.id) from messages m where m.conversation_id = conversations.id), 0);

         insert into memberships (user_id, conversation_id, since_seq, last_read_seq)
         select u.id, 1, 0, c.newest_seq from users u join conversations c on c.id = 1
         where u.id >= {first_user};
         update rooms set members = (select count(*) from memberships where conversation_id = 1) where id = 1;
         commit;"
        ))
        .context("cannot fill the database")?;
    // Leave the file as a server would, and synced. Otherwise the first start would wait for gigabytes to be written.
    connection.execute_batch("pragma locking_mode = normal; pragma journal_mode = wal;")?;
    let path = connection.path().context("the database is not a file")?;
    Ok(File::open(path)?.sync_all()?)
}
