//! The answers of both databases are the same: one script of requests runs against a server on SQLite and one
//! on PostgreSQL, and so do requests made up at random.
//!
//! [`both`] asks both and compares, [`answer`] leaves out what no two servers have in common.

mod answer;
mod both;
mod chance;
mod script;

use both::{Ask, Both};
