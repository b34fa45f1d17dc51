//! The caller's own account: bodies and answers of `/me` and below.

use serde::{Deserialize, Deserializer, Serialize};

use crate::OneTimeCode;
#[cfg(feature = "schema")]
use crate::schema;

/// The caller's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Me {
    /// The user's id.
    #[cfg_attr(feature = "schema", schema(value_type = schema::UserId))]
    pub id: i64,
    /// Unique, lower case.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub name: String,
    /// The name that is shown beside it, if the user has set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Title))]
    pub display_name: Option<String>,
    /// Whether the user has no password.
    pub guest: bool,
    /// `member` or `admin`.
    pub role: Role,
    /// When the user came.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Time))]
    pub created_at: String,
    /// Whether this session may set a password once without the old one, because a recovery code opened it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_set_password: bool,
}

/// What a user may do on the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// An ordinary user.
    #[default]
    Member,
    /// An administrator of the server.
    Admin,
}

/// The body of `PATCH /me`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EditMe {
    /// 1 to 64 visible characters of any script, without control or direction characters. `null` or an empty one
    /// removes it.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::TitleOrNone>, required = false))]
    pub display_name: Option<Option<String>>,
}

/// The body of `PUT /me/password`.
// Not `Serialize` and not `Debug`, so the passwords cannot be printed or logged.
#[derive(Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// The password until now. A guest has none, and becomes an account.
    #[cfg_attr(feature = "schema", schema(min_length = 8, max_length = 128))]
    pub old: Option<String>,
    /// 8 to 128 characters, none of the commonest passwords and not the user's name.
    #[cfg_attr(feature = "schema", schema(min_length = 8, max_length = 128))]
    pub new: String,
}

/// The body of `PATCH /users/{name}`. Fields that are left out stay as they are.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EditUser {
    /// Whether the user is shut out. Disabling ends every session of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// What the user may do on the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// The body of `POST /users`.
// Not `Serialize` and not `Debug`, so the password cannot be printed or logged.
#[derive(Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddUser {
    /// 1 to 32 characters of `a-z 0-9 - _`, starting with a letter or digit. Upper case is folded to lower.
    #[cfg_attr(feature = "schema", schema(value_type = schema::NameToFold))]
    pub name: String,
    /// 8 to 128 characters. Without one, the answer has a code by which the user comes in once and sets a password.
    #[cfg_attr(feature = "schema", schema(min_length = 8, max_length = 128))]
    pub password: Option<String>,
}

/// The body of `DELETE /me`.
// Not `Serialize` and not `Debug`, so the password cannot be printed or logged.
#[derive(Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LeaveChat {
    /// The caller's password. A guest has none.
    #[cfg_attr(feature = "schema", schema(min_length = 8, max_length = 128))]
    pub password: Option<String>,
    /// What happens to the caller's messages.
    pub messages: Fate,
}

/// What happens to the messages of a user who is deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// They stay, under the name `deleted-ID`.
    #[default]
    Keep,
    /// They become empty, as if each were deleted.
    Erase,
}

/// The answer to `POST /users`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AddedUser {
    /// The user's id.
    #[cfg_attr(feature = "schema", schema(value_type = schema::UserId))]
    pub id: i64,
    /// The user's name.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Name))]
    pub name: String,
    /// The code by which the user comes in, if the account has no password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = OneTimeCode, required = false))]
    pub code: Option<OneTimeCode>,
}

/// A session of the caller's: one sign-in of one client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SignedIn {
    /// Names the session in `DELETE /me/sessions/{session}`.
    #[cfg_attr(feature = "schema", schema(value_type = schema::SessionId))]
    pub id: String,
    /// The client's name, such as `Firefox on Linux`; empty if it is not known.
    #[cfg_attr(feature = "schema", schema(examples("Firefox on Linux")))]
    pub client: String,
    /// The address that the session was opened from; empty if it is not known.
    #[cfg_attr(feature = "schema", schema(examples("192.0.2.7")))]
    pub address: String,
    /// When the session was opened.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Time))]
    pub created_at: String,
    /// When it made its last call, some minutes late.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Time))]
    pub last_seen_at: String,
    /// Whether the request was made with it.
    pub current: bool,
}

/// Reads a field that may be null, and tells null from absent.
pub(crate) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
