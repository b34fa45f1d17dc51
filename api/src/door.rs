//! What a stranger may know, and who may come in.

use serde::{Deserialize, Serialize};

#[cfg(feature = "schema")]
use crate::schema;

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Everybody.
    Open,
    /// Users with an invitation.
    Invite,
    /// Nobody, not even with an invitation. Administrators add users from the shell.
    Closed,
}

/// Who may come in without a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Guests {
    /// Everybody.
    On,
    /// Users with an invitation.
    Invite,
    /// Nobody, not even with an invitation.
    Off,
}

/// Who may invite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Inviters {
    /// Administrators.
    Admins,
    /// Every user but guests.
    Members,
}

/// The answer to `GET /server`: what anyone may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct About {
    /// The name that the server's operator gave it.
    #[cfg_attr(feature = "schema", schema(min_length = 1, max_length = 64))]
    pub name: String,
    /// A sentence of the operator's for those who come in, as plain text. Absent if there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schema", schema(min_length = 1, max_length = 200))]
    pub welcome: String,
    /// The server's version.
    pub version: String,
    /// Who may make an account. Single sign-on is not affected.
    pub registration: Registration,
    /// Who may come in without a password.
    pub guests: Guests,
    /// Who may invite.
    pub invites: Inviters,
    /// Whether a proxy in front of the server signs users in, so that `POST /connect` needs no name.
    pub sign_on: bool,
    /// How much the server takes.
    pub limits: AboutLimits,
}

/// How much the server takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AboutLimits {
    /// The longest text of a message, in bytes of UTF-8.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub text_bytes: i64,
}
