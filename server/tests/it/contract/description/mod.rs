//! The OpenAPI document: it is complete, valid, and describes this server.
//!
//! All tests check every answer against it (`harness/http.rs`).

mod document;
mod judging;
mod page;
mod routes;
