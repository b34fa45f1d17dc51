//! Messages, and the answers that bring them: pages of history, and what polls return. Types that hold messages are
//! generic over them, because the server serialises each message only once and copies the JSON.

use serde::{Deserialize, Serialize};

use crate::{Posting, RoomRole};

#[cfg(feature = "schema")]
use crate::schema;

/// A message in a room (`room_id` and `room` are set) or in a direct conversation (`to` is set).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Message {
    /// Unique on the server and rising in the order in which messages became visible.
    #[cfg_attr(feature = "schema", schema(value_type = schema::MessageId))]
    pub id: i64,
    /// Position in the conversation: 1, 2, 3 … without gaps.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Seq))]
    pub seq: i64,
    /// The room's id, in a room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::RoomId))]
    pub room_id: Option<i64>,
    /// The room's name, in a room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub room: Option<String>,
    /// The author's name.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub from: String,
    /// The recipient's name, in a direct conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub to: Option<String>,
    /// 1 to 16,384 bytes, without control characters other than newline and tab. Empty if the message is deleted.
    #[cfg_attr(feature = "schema", schema(value_type = schema::TextOrNone))]
    pub text: String,
    /// When the server accepted the message.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Time))]
    pub sent_at: String,
    /// The seq of the message in the same conversation that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Seq))]
    pub reply_to: Option<i64>,
    /// When the text was last edited. No former text is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Time))]
    pub edited_at: Option<String>,
    /// When the message was deleted. Its text is empty then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Time))]
    pub deleted_at: Option<String>,
    /// The name of the user who deleted the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub deleted_by: Option<String>,
    /// The reactions, at most 12 kinds, in the order in which each was first used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(required = false, max_items = 12))]
    pub reactions: Vec<Reaction>,
    /// The id of the message's newest change. Absent if it was never changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::MessageId))]
    pub revision: Option<i64>,
}

/// A reaction to a message, and the users who gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Reaction {
    /// One emoji.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Emoji))]
    pub emoji: String,
    /// The number of users who gave it.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub count: i64,
    /// The names of the first 10 of them. The list of a message's reactions has all names.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<schema::Name>))]
    pub users: Vec<String>,
}

/// A page of history, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Page<M = Message> {
    /// At most 500 messages and 256 KiB.
    #[cfg_attr(feature = "schema", schema(max_items = 500))]
    pub messages: Vec<M>,
    /// Whether there are more messages in the requested direction.
    pub more: bool,
}

/// The answer to a poll or a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(bound(deserialize = "M: Deserialize<'de>"))]
pub struct Polled<M = Message> {
    /// Messages after the request's cursor, oldest first; at most 500 and 256 KiB.
    #[cfg_attr(feature = "schema", schema(max_items = 500))]
    pub messages: Vec<M>,
    /// Messages as they are now, changed after the request's cursor, in the order of their newest changes. A message
    /// may come more than once; the copy with the larger `revision` counts. Present if the request asked for changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false, max_items = 500))]
    pub changed: Option<Vec<M>>,
    /// Conversations as they are now that changed after the request's cursor: joined, left, changed by an owner, or
    /// read by another session of the caller. Present if the request asked for changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub conversations: Option<Vec<ConversationState>>,
    /// Whether the page was full. If so, poll again at once.
    pub more: bool,
    /// Marks the end of this page. Pass it to the next poll.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Cursor))]
    pub cursor: String,
}

/// A conversation as it is now: a room (`room_id` and `room` are set) or a direct conversation (`with` is set). A room
/// that the caller may no longer see has `room_id` and `joined` alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ConversationState {
    /// The room's id, for a room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::RoomId))]
    pub room_id: Option<i64>,
    /// The room's name, for a room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub room: Option<String>,
    /// The other user's name, for a direct conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub with: Option<String>,
    /// The room's title, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Title))]
    pub title: Option<String>,
    /// The room's topic, for a room; empty if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Topic))]
    pub topic: Option<String>,
    /// Whether only its members can see the room, for a room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub private: Option<bool>,
    /// Whether the room is archived, for a room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub archived: Option<bool>,
    /// Who may post, for a room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Posting))]
    pub posting: Option<Posting>,
    /// Whether the caller has joined. Direct conversations are always joined.
    pub joined: bool,
    /// Names of deleted users whose messages and reactions in this conversation were erased: read again what you keep
    /// of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<schema::Name>))]
    pub erased: Vec<String>,
    /// The caller's role, in a joined room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = RoomRole))]
    pub role: Option<RoomRole>,
    /// The newest message's seq, in a joined conversation; 0 if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Position))]
    pub newest: Option<i64>,
    /// The seq up to which the caller has read, in a joined conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Position))]
    pub last_read: Option<i64>,
    /// `newest` minus `last_read`, in a joined conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub unread: Option<i64>,
}
