//! The words of a chat, and the rules that hold whatever carries it. Names nothing else of ours, and no framework.

pub(crate) mod clock;
pub(crate) mod cursor;
pub(crate) mod ids;
pub(crate) mod name;
pub(crate) mod problem;
pub(crate) mod text;
