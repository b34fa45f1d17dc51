//! Direct conversations and their privacy.

mod conversations;
mod privacy;
