//! linger's server: a chat over long polls, with a cursor for each client.
//!
//! The folders are the flow of data, and each names only those that come after it: [`launch`] starts and stops the server;
//! [`http`] is how requests are asked and answered; [`app`] is what they have in common; [`accounts`] decides who may come
//! in; [`journal`] is the one way in for writes. It changes [`sessions`], which are signed in, and the [`hub`], where
//! readers wait and the tail of recent events is. [`store`] alone knows SQL. [`domain`] has the words of a chat. Beside
//! them stand [`config`], [`metrics`] and [`commands`]. `ARCHITECTURE.md` walks through them.

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
pub use launch::{Observer, ServeError, Server, openapi, serve};
pub use store::OpenError;
pub use store::copy::CopyError;

/// linger's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
