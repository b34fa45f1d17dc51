//! Ids and seqs. All of them are 64 bits wide and positive, in JSON and in both databases.

/// A user; goes over the wire.
pub(crate) type UserId = i64;
/// A room; goes over the wire. 1 is `general`.
pub(crate) type RoomId = i64;
/// A room's or a direct conversation's; never leaves the server.
pub(crate) type ConversationId = i64;
/// The id of an event: its place on the line, in commit order. A message is one kind of event. Goes over the wire; 0 is
/// before the first.
pub(crate) type EventId = i64;
/// A message's number inside its conversation, without gaps. Goes over the wire; 0 is before the first.
pub(crate) type Seq = i64;
/// The id of a bulletin, by which a node tells the others what they have to do in memory. Never leaves the server.
pub(crate) type BulletinId = i64;

/// Counts the unread messages of a conversation. A position beyond the newest message means that nothing is unread.
pub(crate) fn unread(newest: Seq, last_read: Seq) -> i64 {
    (newest - last_read).max(0)
}

/// The room that every user is in.
pub(crate) const GENERAL_ROOM: RoomId = 1;
