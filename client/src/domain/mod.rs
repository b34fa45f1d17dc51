//! Types that every part of the client uses: conversations, failures and sanitised text. Imports nothing else of the
//! client.

mod conversation;
mod failure;
mod text;

pub(crate) use conversation::Conversation;
pub(crate) use failure::Failure;
pub(crate) use text::{visible, visible_json};
