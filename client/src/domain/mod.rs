//! What every part of the client talks about: conversations, failures and harmless text. Names nothing else of the
//! client.

mod conversation;
mod failure;
mod text;

pub(crate) use conversation::Conversation;
pub(crate) use failure::Failure;
pub(crate) use text::{visible, visible_json};
