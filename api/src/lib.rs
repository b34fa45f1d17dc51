//! What goes over linger's wire, and nothing else: the JSON objects that the server answers and its
//! clients read, and the bodies that clients send.
//!
//! This crate knows no HTTP, no database and no other crate of the project. Ids and seqs are JSON
//! integers; times are RFC 3339 in UTC with milliseconds, kept as the text that goes over the wire.

mod answers;
mod requests;
#[cfg(feature = "schema")]
pub mod schema;

pub use answers::{
    Connected, ConversationStatus, Direct, DirectSummary, Health, Message, Page, Polled, Problem, Room, RoomSummary,
    ServerInfo, Status, User, UserPresence,
};
pub use requests::{Connect, CreateRoom, MarkRead, PostMessage, Send, SendPrivate};

/// The header that makes a send repeatable: the same user, key and payload store one message.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The room that everybody is in.
pub const GENERAL: &str = "general";
