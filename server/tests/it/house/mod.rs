//! The repository's own rules, and its documents compared with its sources and server.

mod containers;
pub(crate) mod coverage;
mod documents;
mod image;
mod printed;
mod rooms;
mod store;
