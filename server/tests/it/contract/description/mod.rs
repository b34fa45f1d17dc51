//! The description of the interface: it is whole, it is valid, and it describes this server. That every answer is
//! as it says, all tests look at (`harness/http.rs`).

mod document;
mod judging;
mod page;
mod routes;
