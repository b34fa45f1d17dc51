//! Request bodies. Unknown fields are refused, so that a misspelt one cannot change what a request means.

use serde::{Deserialize, Deserializer, Serialize};

#[cfg(feature = "schema")]
use crate::schema;

/// The body of `POST /connect`. Every field is optional, and so is the body.
// Not `Serialize` and not `Debug`, so the password cannot be printed or logged.
#[derive(Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Connect {
    /// The name to sign in with, or to take if it is free. Without it, the server makes up a guest's name.
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::NameToFold>))]
    pub username: Option<String>,
    /// 8 to 128 characters.
    #[cfg_attr(feature = "schema", schema(min_length = 8, max_length = 128))]
    pub password: Option<String>,
    /// `false` only signs in: a name that is free is then answered like a wrong password. It needs a name and a
    /// password, or single sign-on. By default, a free name becomes a new account.
    #[serde(default, deserialize_with = "not_null")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub create: Option<bool>,
    /// A code that lets the caller in: an invitation, or a code for another device or a forgotten password. Case and
    /// dashes do not matter.
    #[serde(default, deserialize_with = "not_null")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub code: Option<String>,
    /// How many messages of `general` a new user receives, 0 to 100. Defaults to the server's `latest_messages`.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 100))]
    pub latest: Option<i64>,
}

/// Reads a field that may be absent, but not null: null is what a client sends that has lost a value, and without it
/// the request would mean something else. Fields of version 0.1 may be null.
pub(crate) fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The body of `POST /send`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// The message.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Text))]
    pub text: String,
    /// The room's name. Without `room` and `room_id`, the room is `general`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::NameToFold>))]
    pub room: Option<String>,
    /// The room's id, instead of its name. If both are given, they must mean the same room.
    #[serde(default, deserialize_with = "not_null", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::RoomId, required = false))]
    pub room_id: Option<i64>,
    /// The seq of a message of the same conversation that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::Seq>))]
    pub reply_to: Option<i64>,
}

/// The body of `POST /send-private`. Takes exactly one of `to` and `recipient_id`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SendPrivate {
    /// The recipient's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::NameToFold>))]
    pub to: Option<String>,
    /// The recipient's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::UserId>))]
    pub recipient_id: Option<i64>,
    /// The message.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Text))]
    pub text: String,
    /// The seq of a message of the same conversation that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::Seq>))]
    pub reply_to: Option<i64>,
}

/// The body of `POST /room/{id}/messages` and `POST /direct/{name}/messages`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PostMessage {
    /// The message.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Text))]
    pub text: String,
    /// The seq of a message of the same conversation that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::Seq>))]
    pub reply_to: Option<i64>,
}

/// The body of `PATCH /room/{id}/messages/{seq}` and `PATCH /direct/{name}/messages/{seq}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EditMessage {
    /// The new text.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Text))]
    pub text: String,
}

/// The body of `POST /room/{id}/read` and `POST /direct/{name}/read`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MarkRead {
    /// The seq up to which the caller has read, or 0 for none.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Position))]
    pub seq: i64,
    /// Only move the position forward. A later position stays, so nothing that another client has read becomes unread.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_forward: bool,
}
