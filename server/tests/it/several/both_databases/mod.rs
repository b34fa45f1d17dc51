//! SQLite and PostgreSQL give the same answers, to a script of requests and to random ones.
//!
//! [`both`] sends each request to a server on either database and compares. [`answer`] removes the parts that always
//! differ.

mod answer;
mod both;
mod chance;
mod script;

use both::{Both, Request};
