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
    /// Changed messages, at most a tenth of all. Each change follows ten more messages on the line. Every other one
    /// edits one of those ten; the rest edit messages from the middle of the line so far.
    pub(crate) changes: u64,
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
/// of speaker c, edited or not.
pub(crate) fn fill(connection: &Connection, contents: Contents) -> anyhow::Result<()> {
    let count: i64 = connection.query_row("select count(*) from messages", [], |row| row.get(0))?;
    ensure!(count == 0, "the database already has messages");
    // Losing this file would not matter, as it can be made again. The server sets its own pragmas when it opens it.
    connection.execute_batch(
        "pragma journal_mode = off; pragma synchronous = off; pragma foreign_keys = off;
         pragma cache_size = -1000000; pragma locking_mode = exclusive; begin;",
    )?;
    insert(connection, contents).context("cannot fill the database")?;
    // Leave the file as a server would, and synced. Otherwise the first start would wait for gigabytes to be written.
    connection.execute_batch("commit; pragma locking_mode = normal; pragma journal_mode = wal;")?;
    let path = connection.path().context("the database is not a file")?;
    Ok(File::open(path)?.sync_all()?)
}

fn insert(connection: &Connection, contents: Contents) -> anyhow::Result<()> {
    let Contents { messages, users, rooms, changes } = contents;
    ensure!(changes <= messages / 10, "there are too few messages to change");
    let conversations = rooms + 1;
    let first_user: i64 = connection.query_row("select coalesce(max(id), 0) + 1 from users", [], |row| row.get(0))?;
    let text = crate::speech::text(0, 0);
    let padding = text.len();
    connection.execute_batch(&format!(
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
         select i + 1 + min(i / 10, {changes}), 1 + i % {conversations}, 1 + i / {conversations},
                {first_user} + i % max({users}, 1),
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

         with recursive n (k) as (select 0 union all select k + 1 from n where k + 1 < {changes}),
              changed (id, i) as (
                  select 11 * (k + 1), case k % 2 when 0 then k * 10 + k / 20 % 5 * 2
                                                  else k / 2 * 10 + k / 40 % 5 * 2 + 1 end
                  from n where {changes} > 0)
         insert into line_changes (id, conversation_id, seq, changed_at)
         select id, 1 + i % {conversations}, 1 + i / {conversations}, {FIRST_SENT_AT_MS} + id / 11 * 10000 - 500
         from changed;
         update messages set
             revision = l.id, edited_at = l.changed_at,
             text = substr(printf('~%d %d edited .................................', l.conversation_id, l.seq),
                           1, {padding})
         from line_changes l where l.conversation_id = messages.conversation_id and l.seq = messages.seq;"
    ))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a database in memory with these contents.
    fn filled(contents: Contents) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        for migration in [
            include_str!("../../migrations/sqlite/0001_chat.sql"),
            include_str!("../../migrations/sqlite/0002_nodes.sql"),
            include_str!("../../migrations/sqlite/0003_accounts.sql"),
            include_str!("../../migrations/sqlite/0004_renewals.sql"),
            include_str!("../../migrations/sqlite/0005_line.sql"),
            include_str!("../../migrations/sqlite/0006_authority.sql"),
            include_str!("../../migrations/sqlite/0007_rooms.sql"),
            include_str!("../../migrations/sqlite/0008_members.sql"),
        ] {
            connection.execute_batch(migration).unwrap();
        }
        insert(&connection, contents).unwrap();
        connection
    }

    fn count(connection: &Connection, sql: &str) -> i64 {
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    const PLACES: &str = "select count(distinct id) from (select id from messages union select id from line_changes)
                          where id <= (select count(*) from messages) + (select count(*) from line_changes)";
    const EARLIER: &str = "select count(distinct m.id) from line_changes l
                           join messages m on m.conversation_id = l.conversation_id and m.seq = l.seq
                           where m.id < l.id and m.revision = l.id and m.edited_at > m.sent_at";

    #[test]
    fn messages_and_changes_share_one_line_without_gaps() {
        let connection = filled(Contents { messages: 5_005, users: 3, rooms: 6, changes: 500 });
        assert_eq!(count(&connection, PLACES), 5_505);
        assert_eq!(count(&connection, EARLIER), 500, "each change is of another, earlier message");
        let recent = "select count(*) from messages where revision - id <= 11";
        assert!((250..=260).contains(&count(&connection, recent)));
        let texts = "select count(*) from messages
                     where length(text) = 40 and text like '~' || conversation_id || ' ' || seq || ' %'";
        assert_eq!(count(&connection, texts), 5_005);
        let newest = "select max(newest_id) from conversations";
        assert_eq!(count(&connection, newest), 5_505);
    }

    #[test]
    fn changes_are_spread_over_the_conversations() {
        let connection = filled(Contents { messages: 20_000, users: 1, rooms: 199, changes: 2_000 });
        let changed = "select count(distinct conversation_id) from line_changes";
        assert!(count(&connection, changed) >= 100);
    }

    #[test]
    fn a_line_without_changes_is_one_of_messages() {
        let connection = filled(Contents { messages: 50, users: 1, rooms: 0, changes: 0 });
        assert_eq!((count(&connection, PLACES), count(&connection, "select max(id) from messages")), (50, 50));
    }
}
