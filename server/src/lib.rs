//! The linger server: a long-polling chat with a cursor for each client.
//!
//! The modules follow the flow of data, and each imports only modules that come after it:
//!
//! - [`launch`] starts and stops the server.
//! - [`http`] parses requests and writes answers.
//! - [`app`] holds what several handlers need.
//! - [`accounts`] signs users in and out.
//! - [`journal`] performs every write.
//! - [`sessions`] holds the signed-in sessions in memory.
//! - [`hub`] holds the tail of recent events, and the readers that wait for more.
//! - [`store`] runs all SQL.
//! - [`domain`] defines ids, names, texts, cursors and problems.
//!
//! [`config`], [`metrics`] and [`commands`] stand beside them. `ARCHITECTURE.md` describes how they work together.

mod accounts;
mod app;
pub mod commands;
pub mod config;
mod domain;
mod http;
mod hub;
mod journal;
mod launch;
mod metrics;
mod sessions;
mod store;

pub use accounts::KeyError;
pub use domain::VERSION;
pub use launch::{Observer, ServeError, Server, openapi, serve, shell};
pub use store::OpenError;
pub use store::copy::CopyError;
