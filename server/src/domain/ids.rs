//! What the numbers stand for. All of them are 64 bits wide and positive, in JSON and in both databases.

/// A user; goes over the wire.
pub(crate) type UserId = i64;
/// A room; goes over the wire. 1 is `general`.
pub(crate) type RoomId = i64;
/// A room's or a direct conversation's; never leaves the server.
pub(crate) type ConversationId = i64;
/// A message's place on the one number line; goes over the wire. 0 is before the first.
pub(crate) type MessageId = i64;
/// A message's place inside its conversation; goes over the wire. 0 is before the first.
pub(crate) type Seq = i64;
/// A change's place in the order of what nodes tell each other; never leaves the server.
pub(crate) type ChangeId = i64;

/// The room that everybody is in.
pub(crate) const GENERAL_ROOM: RoomId = 1;
