//! What every part of the client talks about: conversations, failures and harmless text. Names nothing else of the
//! client.

mod conversation;
mod failure;
mod text;

pub use conversation::Conversation;
pub use failure::Failure;
pub use text::{visible, visible_json};
