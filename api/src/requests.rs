//! What clients send. Unknown fields are ignored.

use serde::{Deserialize, Serialize};

/// The body of `POST /connect`; all of it may be left out.
///
/// It holds a password, so it can be read but not written: nothing can print or log it as JSON.
#[derive(Clone, Default, Deserialize)]
pub struct Connect {
    /// The name to sign in with, or to take if it is free. Without one, a guest's name is made up.
    pub username: Option<String>,
    /// 8 to 128 characters.
    pub password: Option<String>,
    /// How many messages of `general` a new user gets: 0 to 100.
    pub latest: Option<i64>,
}

/// The body of `POST /send`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Send {
    /// What to say.
    pub text: String,
    /// The room's name; `general` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
}

/// The body of `POST /send-private`: one of `to` and `recipient_id`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendPrivate {
    /// The recipient's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The recipient's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient_id: Option<i64>,
    /// What to say.
    pub text: String,
}

/// The body of `POST /room/{id}/messages` and `POST /direct/{name}/messages`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PostMessage {
    /// What to say.
    pub text: String,
}

/// The body of `POST /rooms`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CreateRoom {
    /// 1 to 32 of `a-z 0-9 - _`, beginning with a letter or digit.
    pub name: String,
}

/// The body of `POST /room/{id}/read` and `POST /direct/{name}/read`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MarkRead {
    /// The seq up to which the caller has read; 0 for nothing.
    pub seq: i64,
}
