//! Types that every part of the client uses: conversations, failures and sanitised text. Imports nothing else of the
//! client.

mod conversation;
mod failure;
mod room;
mod text;

pub(crate) use self::conversation::Conversation;
pub(crate) use self::failure::Failure;
pub(crate) use self::room::{Facts, Listed};
pub(crate) use self::text::{visible, visible_json};
