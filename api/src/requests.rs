//! What clients send. Unknown fields are ignored.

use serde::{Deserialize, Serialize};

#[cfg(feature = "schema")]
use crate::schema;

/// The body of `POST /connect`; all of it may be left out.
// It holds a password, so it can be read but not written: nothing can print or log it as JSON.
#[derive(Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Connect {
    /// The name to sign in with, or to take if it is free. Without one, a guest's name is made up.
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::NameToFold>))]
    pub username: Option<String>,
    /// 8 to 128 characters.
    #[cfg_attr(feature = "schema", schema(min_length = 8, max_length = 128))]
    pub password: Option<String>,
    /// How many messages of `general` a new user gets: 0 to 100.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 100))]
    pub latest: Option<i64>,
}

/// The body of `POST /send`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Send {
    /// What to say.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Text))]
    pub text: String,
    /// The room's name; `general` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::NameToFold>))]
    pub room: Option<String>,
}

/// The body of `POST /send-private`: one of `to` and `recipient_id`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SendPrivate {
    /// The recipient's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::NameToFold>))]
    pub to: Option<String>,
    /// The recipient's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::UserId>))]
    pub recipient_id: Option<i64>,
    /// What to say.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Text))]
    pub text: String,
}

/// The body of `POST /room/{id}/messages` and `POST /direct/{name}/messages`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PostMessage {
    /// What to say.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Text))]
    pub text: String,
}

/// The body of `POST /rooms`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CreateRoom {
    /// 1 to 32 of `a-z 0-9 - _`, beginning with a letter or digit.
    #[cfg_attr(feature = "schema", schema(value_type = schema::NameToFold))]
    pub name: String,
}

/// The body of `POST /room/{id}/read` and `POST /direct/{name}/read`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct MarkRead {
    /// The seq up to which the caller has read; 0 for nothing.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Position))]
    pub seq: i64,
    /// A position that is there already, or further on, stays: nothing that another client has read becomes unread.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_forward: bool,
}
