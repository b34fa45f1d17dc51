//! Response bodies. Types that hold messages are generic over them, because the server serialises each message only
//! once and copies the JSON.

use serde::{Deserialize, Serialize};

use crate::{Message, Posting, Role, RoomRole};

#[cfg(feature = "schema")]
use crate::schema;

/// The answer to `POST /connect`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Connected<M = Message> {
    /// The bearer token of the new session.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Token))]
    pub token: String,
    /// When the token expires.
    // Servers before 0.2 leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Time, required))]
    pub expires_at: Option<String>,
    /// The signed-in user.
    pub user: User,
    /// Whether the user existed before this call.
    pub returning: bool,
    /// Oldest first: for a new user the latest messages of `general`, for a returning user the unread messages.
    #[cfg_attr(feature = "schema", schema(max_items = 500))]
    pub messages: Vec<M>,
    /// Whether the page was full. If so, polling from `cursor` returns the rest.
    pub more: bool,
    /// The cursor for the first poll.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Cursor))]
    pub cursor: String,
    /// The joined rooms.
    pub rooms: Vec<RoomSummary>,
    /// The direct conversations.
    pub direct: Vec<DirectSummary>,
}

/// The answer to `POST /me/token`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Renewed {
    /// The new bearer token of the session.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Token))]
    pub token: String,
    /// When the new token expires.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Time))]
    pub expires_at: String,
}

/// The signed-in user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct User {
    /// Never reused.
    #[cfg_attr(feature = "schema", schema(value_type = schema::UserId))]
    pub id: i64,
    /// Unique, lower case.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub name: String,
    /// Whether the user has no password. Once its last session has ended, a guest can come back only by a code.
    pub guest: bool,
}

/// A joined room with its unread count.
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

/// A direct conversation with its unread count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DirectSummary {
    /// The other user's name.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub with: String,
    /// The newest seq minus the last-read position.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub unread: i64,
}

/// A direct conversation as the caller sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Direct {
    /// The other user's name.
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
    /// The signed-in user.
    pub user: User,
    /// The server that answered.
    pub server: ServerInfo,
    /// The number of users online, including the caller.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub users_online: i64,
    /// All joined rooms and direct conversations, or the requested one.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<ConversationStatus>))]
    pub conversations: Vec<ConversationStatus<M>>,
}

/// The server that answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ServerInfo {
    /// linger's version.
    pub version: String,
    /// When the server started.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Time))]
    pub started_at: String,
}

/// A conversation as it is now, and how far the caller has read in it: a room (`room_id` and `room` are set) or a
/// direct conversation (`with` is set).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ConversationStatus<M = Message> {
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
    #[serde(default)]
    pub joined: bool,
    /// The caller's role, in a joined room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = RoomRole))]
    pub role: Option<RoomRole>,
    /// The newest message's seq; 0 if there is none.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Position))]
    pub newest: i64,
    /// The seq up to which the caller has read.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Position))]
    pub last_read: i64,
    /// `newest` minus `last_read`.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub unread: i64,
    /// The latest messages, oldest first. Present if the request had `latest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false, max_items = 500))]
    pub messages: Option<Vec<M>>,
}

/// A user in the list of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UserPresence {
    /// The user's id.
    #[cfg_attr(feature = "schema", schema(value_type = schema::UserId))]
    pub id: i64,
    /// The user's name.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub name: String,
    /// The name that is shown beside it, if the user has set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Title))]
    pub display_name: Option<String>,
    /// Whether the user holds a request open or made a call within the last minute.
    pub online: bool,
    /// Whether the user is an administrator of the server.
    // Servers before 0.2 leave this and the next two out.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub role: Role,
    /// Whether the user is a program.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub bot: bool,
    /// Whether an administrator has disabled the account, so that the user cannot sign in.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub disabled: bool,
    /// Whether the user has no password. Left out if the user has an account.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guest: bool,
}

/// The answer to `GET /health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Health {
    /// Always `ok`.
    pub status: String,
    /// linger's version.
    pub version: String,
    /// Always `ok`.
    pub database: String,
}

/// The body of every error: `application/problem+json`, RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Problem {
    /// The kind of problem, such as `/problems/name-taken`. Stable: programs match on it.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short title, the same for every problem of this type.
    pub title: String,
    /// The response's HTTP status.
    pub status: u16,
    /// What went wrong this time, written for people.
    pub detail: String,
    /// Which fields of the body, query parameters or parts of the path are wrong. Left out if it is none of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(required = false))]
    pub errors: Vec<FieldError>,
}

/// A wrong field of a request's body, or a wrong query parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The name of the field or parameter.
    #[cfg_attr(feature = "schema", schema(examples("wait")))]
    pub field: String,
    /// What is wrong with it, written for people.
    pub detail: String,
}
