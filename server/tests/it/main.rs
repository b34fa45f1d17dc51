//! linger as its users see it: every test starts the real server on a database of its own and talks HTTP.

mod harness;
mod story;
