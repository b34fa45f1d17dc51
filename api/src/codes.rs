//! Invitations and one-time codes.

use serde::{Deserialize, Serialize};

#[cfg(feature = "schema")]
use crate::schema;

/// The body of `POST /invites`. Every field is optional.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CreateInvite {
    /// How many users may come in by the invitation.
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 1000, default = 1))]
    pub uses: i64,
    /// How long the invitation works, in days.
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 365, default = 7))]
    pub days: i64,
    /// The names of rooms that the users join: public rooms, or private ones that the caller owns.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<schema::NameToFold>, max_items = 20))]
    pub rooms: Vec<String>,
    /// Whether the invitation makes guests, and no accounts.
    pub guest: bool,
}

impl Default for CreateInvite {
    fn default() -> Self {
        Self { uses: 1, days: 7, rooms: Vec::new(), guest: false }
    }
}

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Invite {
    /// The invitation's id.
    #[cfg_attr(feature = "schema", schema(value_type = schema::InviteId))]
    pub id: i64,
    /// The code. Only in the answer to `POST /invites`: the server keeps no more than a hash of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = schema::Code, required = false))]
    pub code: Option<String>,
    /// The address of the page that takes the code, which is its fragment. Only in the answer to `POST /invites`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub url: Option<String>,
    /// How many more users may come in by it.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Count))]
    pub uses_left: i64,
    /// When it ends.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Time))]
    pub expires_at: String,
    /// Who made it; `null` if it was made from the shell.
    #[cfg_attr(feature = "schema", schema(value_type = Option<schema::Name>, required))]
    pub created_by: Option<String>,
    /// The names of the rooms that its users join.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<schema::Name>))]
    pub rooms: Vec<String>,
    /// Whether it makes guests, and no accounts.
    pub guest: bool,
}

/// The answer to `POST /me/code` and `POST /users/{name}/code`: a code that signs in one user, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OneTimeCode {
    /// The code. The server keeps no more than a hash of it.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Code))]
    pub code: String,
    /// The address of the page that takes the code, which is its fragment.
    pub url: String,
    /// When it ends.
    #[cfg_attr(feature = "schema", schema(value_type = schema::Time))]
    pub expires_at: String,
}
