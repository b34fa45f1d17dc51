//! What every answer has in common, and the calls around the chat.

mod around;
mod bodies;
mod errors;
mod logs;
