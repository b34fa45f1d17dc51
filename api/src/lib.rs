//! The JSON objects of linger's HTTP interface: response bodies and request bodies. The doc comments are public: the
//! OpenAPI document uses them as descriptions.
//!
//! Knows no HTTP, no database and no other crate of the project. Ids and seqs are JSON integers. Times are RFC 3339
//! in UTC with milliseconds, kept as text.

mod account;
mod answers;
mod codes;
mod door;
mod messages;
mod requests;
mod rooms;
#[cfg(feature = "schema")]
pub mod schema;

pub use account::{AddUser, AddedUser, EditMe, EditUser, Fate, LeaveChat, Me, Role, SetPassword, SignedIn};
pub use answers::{
    Connected, ConversationStatus, Direct, DirectSummary, FieldError, Health, Problem, Renewed, RoomSummary,
    ServerInfo, Status, User, UserPresence,
};
pub use codes::{CreateInvite, Invite, OneTimeCode};
pub use door::{About, AboutLimits, Guests, Inviters, Registration};
pub use messages::{ConversationState, Message, Page, Polled, Reaction};
pub use requests::{Connect, EditMessage, MarkRead, PostMessage, Send, SendPrivate};
pub use rooms::{ChangeRoom, CreateRoom, Member, Posting, Room, RoomRole, SetMember};

/// The header that makes a send safe to retry: the same user, key and payload store one message.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The room that every user has joined.
pub const GENERAL: &str = "general";
