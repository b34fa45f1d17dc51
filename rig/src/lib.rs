//! What tests, torture and benchmarks stand on: processes of their own, and links between them that can be
//! made to fail. Knows no test, and of linger only how `lingerd` is started and what it says when it listens.
//!
//! In reading order: [`folder`] is where everything runs and what ends it, [`port`] finds a place to listen,
//! [`postgres`] is a PostgreSQL cluster, [`node`] a `lingerd` process, [`proxy`] a link that fails on demand.

pub mod folder;
pub mod node;
pub mod port;
pub mod postgres;
mod process;
pub mod proxy;

/// How long anything may take to start, to stop or to answer.
pub const DEADLINE: std::time::Duration = std::time::Duration::from_secs(30);
