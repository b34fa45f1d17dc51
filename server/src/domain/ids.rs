//! Ids and seqs. All are 64 bits wide and positive, in JSON and in both databases.

/// A user's id. Part of the API.
pub(crate) type UserId = i64;
/// A room's id. Part of the API. 1 is `general`.
pub(crate) type RoomId = i64;
/// The id of a conversation: a room's or a direct one. Never leaves the server.
pub(crate) type ConversationId = i64;
/// The id of an event: its place on the line, in commit order. A message is one kind of event. Part of the API; 0 is
/// before the first.
pub(crate) type EventId = i64;
/// A message's number within its conversation, without gaps. Part of the API; 0 is before the first.
pub(crate) type Seq = i64;
/// The id of a code. That of an invitation is part of the API.
pub(crate) type CodeId = i64;
/// The id of a bulletin, which tells other nodes what to change in memory. Never part of the API.
pub(crate) type BulletinId = i64;

/// Counts the unread messages of a conversation. A position beyond the newest message means that nothing is unread.
pub(crate) fn unread(newest: Seq, last_read: Seq) -> i64 {
    (newest - last_read).max(0)
}

/// Stands for the server's shell, or a visitor, where a user's id is asked for. All writes of such callers together
/// have one user's share of a transaction.
pub(crate) const NO_USER: UserId = 0;

/// The room `general`, which every account joins. A guest who is invited to other rooms is not in it.
pub(crate) const GENERAL_ROOM: RoomId = 1;
