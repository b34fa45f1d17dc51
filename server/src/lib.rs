//! linger's server: a chat over long polls, with a cursor for each client.
//!
//! In reading order: [`routes`] are what one can ask for; [`http`] is how it is asked and answered, and
//! [`problem`] how it is refused. Behind them stand [`accounts`] (who is calling), [`journal`] (the one way
//! in for writes), [`hub`] (who waits, and the tail of recent messages), and below all of them [`store`],
//! which alone knows SQL. [`app`] puts them together. `ARCHITECTURE.md` walks through them.

mod accounts;
mod app;
pub mod commands;
pub mod config;
mod description;
mod domain;
mod history;
mod http;
mod hub;
mod journal;
mod launch;
mod limits;
mod logs;
mod metrics;
mod rooms;
mod routes;
mod security;
mod sessions;
mod store;
mod stream;

pub use accounts::KeyError;
pub use launch::{Observer, ServeError, Server, openapi, serve};
pub use store::OpenError;
pub use store::copy::CopyError;

/// linger's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
