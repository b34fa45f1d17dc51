//! Types that every part of the client uses: conversations, failures and sanitised text. Imports nothing else of the
//! client.

mod conversation;
mod failure;
mod name;
mod room;
mod switch;
mod text;
mod unreached;

pub(crate) use self::conversation::Conversation;
pub(crate) use self::failure::Failure;
pub(crate) use self::name::{RULE, is_name};
pub(crate) use self::room::{Facts, Listed};
pub(crate) use self::switch::Switch;
pub(crate) use self::text::{plain, visible, visible_json};
pub(crate) use self::unreached::Unreached;
