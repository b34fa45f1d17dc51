//! Rooms and their members, in bodies of requests and of responses.

use serde::{Deserialize, Serialize};

use crate::requests::not_null;
#[cfg(feature = "schema")]
use crate::schema;

/// A user's role in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum RoomRole {
    /// Looks after the room: its title, its members, and what is posted there.
    Owner,
    /// Reads and posts.
    Member,
    /// Reads.
    Reader,
    /// Cannot join, and cannot post.
    Banned,
}

/// Who may post in a room. Readers and banned users never may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Posting {
    /// Everyone who can see the room, joined or not.
    #[default]
    Everyone,
    /// Its members and owners.
    Members,
    /// Its owners.
    Owners,
}

/// A room as the caller sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Room {
    /// 1 is `general`.
    #[cfg_attr(feature = "schema", schema(value_type = schema::RoomId))]
    pub id: i64,
    /// Unique, lower case.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub name: String,
    /// The creator's name; `null` for `general`.
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::Name>, required))]
    pub created_by: Option<String>,
    /// When the room was created.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Time))]
    pub created_at: String,
    /// Whether the caller has joined, so that `/poll` returns the room's messages.
    pub joined: bool,
    /// The newest seq minus the last-read position; 0 if the caller has not joined.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub unread: i64,
    /// The number of users who have joined.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub members: i64,
    // Servers before 0.2 leave out the rest.
    /// Shown instead of the name, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Title))]
    pub title: Option<String>,
    /// What the room is about; empty if nothing is said.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Topic, required))]
    pub topic: String,
    /// Whether only its members can see the room.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub private: bool,
    /// Whether the room is archived: it is not listed with the others, and nothing is posted there.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub archived: bool,
    /// The caller's role, if the caller has joined or is banned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = RoomRole, required = false))]
    pub role: Option<RoomRole>,
    /// Who may post.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(required))]
    pub posting: Posting,
}

/// A user in a room, or one who is banned from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Member {
    /// The user's id.
    #[cfg_attr(feature = "schema", schema(value_type = schema::UserId))]
    pub id: i64,
    /// The user's name.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub name: String,
    /// The user's role.
    pub role: RoomRole,
}

/// The body of `POST /rooms`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateRoom {
    /// 1 to 32 characters of `a-z 0-9 - _`, starting with a letter or digit. Upper case is folded to lower. A private
    /// room needs none: it gets a made-up name, and its people as its title.
    #[serde(default, deserialize_with = "not_null", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::NameToFold, required = false))]
    pub name: Option<String>,
    /// Whether only its members can see the room.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// A title to show instead of the name.
    #[serde(default, deserialize_with = "not_null", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Title, required = false))]
    pub title: Option<String>,
    /// What the room is about.
    #[serde(default, deserialize_with = "not_null", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Topic, required = false))]
    pub topic: Option<String>,
    /// The names of the users who join it besides the caller; at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<schema::NameToFold>, required = false, max_items = 100))]
    pub members: Vec<String>,
}

/// The body of `PATCH /room/{id}`: what to change.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeRoom {
    /// A title to show instead of the name, or `null` for none.
    #[serde(default, deserialize_with = "not_null", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::Title>, required = false))]
    pub title: Option<Option<String>>,
    /// What the room is about.
    #[serde(default, deserialize_with = "not_null", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Topic, required = false))]
    pub topic: Option<String>,
    /// Whether only its members can see the room. Making a room public makes its history public. `general` stays
    /// public.
    #[serde(default, deserialize_with = "not_null", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub private: Option<bool>,
    /// Whether the room is archived. `general` never is.
    #[serde(default, deserialize_with = "not_null", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub archived: Option<bool>,
    /// Who may post.
    #[serde(default, deserialize_with = "not_null", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Posting, required = false))]
    pub posting: Option<Posting>,
}

/// The body of `PUT /room/{id}/members/{name}`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetMember {
    /// `banned` removes the user and keeps them out.
    pub role: RoomRole,
}
