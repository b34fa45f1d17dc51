//! Coming in and going away: guests, passwords, tokens, sessions, and how often.

mod guests;
mod limits;
mod passwords;
mod sessions;
mod tokens;
