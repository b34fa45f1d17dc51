//! What the server answers. What holds messages is generic over them, because the server keeps each as
//! JSON that it has written once.

use serde::{Deserialize, Serialize};

#[cfg(feature = "schema")]
use crate::schema;

/// A message in a room (`room_id` and `room` are set) or in a direct conversation (`to` is set).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Message {
    /// Its place on the server's one number line, in the order in which messages became visible.
    #[cfg_attr(feature = "schema", schema(value_type = schema::MessageId))]
    pub id: i64,
    /// 1, 2, 3 … without gaps inside its conversation.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Seq))]
    pub seq: i64,
    /// The room it was said in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::RoomId))]
    pub room_id: Option<i64>,
    /// That room's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub room: Option<String>,
    /// Who said it.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub from: String,
    /// To whom, in a direct conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub to: Option<String>,
    /// 1 to 4,096 bytes, no control characters but newline and tab.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Text))]
    pub text: String,
    /// When the server took it: RFC 3339, UTC, milliseconds.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Time))]
    pub sent_at: String,
}

/// A page of history, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Page<M = Message> {
    /// At most 500 messages and 256 KiB.
    #[cfg_attr(feature = "schema", schema(max_items = 500))]
    pub messages: Vec<M>,
    /// There are more in the direction that was asked for.
    pub more: bool,
}

/// The answer to a poll or a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Polled<M = Message> {
    /// What came after the cursor that was asked with, oldest first.
    #[cfg_attr(feature = "schema", schema(max_items = 500))]
    pub messages: Vec<M>,
    /// The page was full: ask again at once.
    pub more: bool,
    /// "I have everything up to here": ask with it next time.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Cursor))]
    pub cursor: String,
}

/// The answer to `POST /connect`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Connected<M = Message> {
    /// The bearer token of the new session.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Token))]
    pub token: String,
    /// Who the caller is now.
    pub user: User,
    /// The user had been here before.
    pub returning: bool,
    /// For a new user the latest of `general`, for a returning one what is unread, oldest first.
    #[cfg_attr(feature = "schema", schema(max_items = 500))]
    pub messages: Vec<M>,
    /// The page was full; polling on from `cursor` brings the rest.
    pub more: bool,
    /// Where to poll from.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Cursor))]
    pub cursor: String,
    /// The joined rooms.
    pub rooms: Vec<RoomSummary>,
    /// The direct conversations.
    pub direct: Vec<DirectSummary>,
}

/// A user, as that user sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct User {
    /// Never reused.
    #[cfg_attr(feature = "schema", schema(value_type = schema::UserId))]
    pub id: i64,
    /// Unique, lower case.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub name: String,
    /// Without a password: this user cannot sign in again once the session is over.
    pub guest: bool,
}

/// A joined room and what is unread in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RoomSummary {
    /// The room's id.
    #[cfg_attr(feature = "schema", schema(value_type = schema::RoomId))]
    pub id: i64,
    /// The room's name.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub name: String,
    /// The newest seq minus the last-read position.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub unread: i64,
}

/// A direct conversation and what is unread in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DirectSummary {
    /// The other user.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub with: String,
    /// The newest seq minus the last-read position.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub unread: i64,
}

/// A room, as one user sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Room {
    /// 1 is `general`.
    #[cfg_attr(feature = "schema", schema(value_type = schema::RoomId))]
    pub id: i64,
    /// Unique, lower case.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub name: String,
    /// The creator's name; nobody created `general`.
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::Name>, required))]
    pub created_by: Option<String>,
    /// RFC 3339, UTC, milliseconds.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Time))]
    pub created_at: String,
    /// Whether `/poll` brings it.
    pub joined: bool,
    /// The newest seq minus the last-read position; 0 in a room that is not joined.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub unread: i64,
    /// How many users have joined.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub members: i64,
}

/// A direct conversation, as one of its two users sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Direct {
    /// The other user.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub with: String,
    /// The newest message's seq.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Seq))]
    pub newest: i64,
    /// The seq up to which the caller has read.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Position))]
    pub last_read: i64,
    /// `newest` minus `last_read`.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub unread: i64,
}

/// The answer to `GET /status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Status<M = Message> {
    /// Who I am.
    pub user: User,
    /// Who answers.
    pub server: ServerInfo,
    /// How many users are online, the caller included.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub users_online: i64,
    /// The joined rooms and the direct conversations, or the one that was asked for.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<ConversationStatus>))]
    pub conversations: Vec<ConversationStatus<M>>,
}

/// The server that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ServerInfo {
    /// linger's version.
    pub version: String,
    /// RFC 3339, UTC, milliseconds.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Time))]
    pub started_at: String,
}

/// How far a user has read in one conversation: a room (`room_id` and `room`) or a direct one (`with`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ConversationStatus<M = Message> {
    /// The room's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::RoomId))]
    pub room_id: Option<i64>,
    /// The room's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub room: Option<String>,
    /// The other user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub with: Option<String>,
    /// The newest message's seq; 0 before the first.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Position))]
    pub newest: i64,
    /// The seq up to which the caller has read.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Position))]
    pub last_read: i64,
    /// `newest` minus `last_read`.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub unread: i64,
    /// The latest messages, oldest first, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false, max_items = 500))]
    pub messages: Option<Vec<M>>,
}

/// One row of `GET /users`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UserPresence {
    /// The user's id.
    #[cfg_attr(feature = "schema", schema(value_type = schema::UserId))]
    pub id: i64,
    /// The user's name.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub name: String,
    /// A request is held, or there was a call in the last minute.
    pub online: bool,
}

/// The answer to `GET /health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// linger's version.
    pub version: String,
    /// `ok`.
    pub database: String,
}

/// Every error's body: RFC 9457, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A stable reference that programs match on, such as `/problems/name-taken`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same words for every occurrence of this type.
    pub title: String,
    /// The HTTP status again.
    pub status: u16,
    /// What was wrong this time, for people.
    pub detail: String,
}
