//! The terms of a chat, and the rules that hold over any transport. Names no other module of ours, and no framework.

pub(crate) mod client;
pub(crate) mod clock;
pub(crate) mod cursor;
pub(crate) mod emoji;
pub(crate) mod ids;
pub(crate) mod name;
pub(crate) mod nearest;
pub(crate) mod payload;
pub(crate) mod plant;
pub(crate) mod problem;
pub(crate) mod right;
pub(crate) mod text;
pub(crate) mod title;

/// linger's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
