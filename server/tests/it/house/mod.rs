//! The repository's own rules and documents, held against its sources and its server.

pub mod coverage;
mod documents;
mod rooms;
mod store;
