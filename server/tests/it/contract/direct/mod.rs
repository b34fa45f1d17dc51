//! Direct conversations, and that nobody else learns of them.

mod conversations;
mod privacy;
