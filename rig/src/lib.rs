//! The processes that tests, torture and benchmarks need, and network links that fail on demand. Knows no test. Of
//! linger it knows only how `lingerd` is started and how it logs its port.
//!
//! In reading order: [`folder`] is where everything runs, and ends it; [`port`] finds a free port; [`postgres`] is a
//! PostgreSQL cluster; [`node`] is a `lingerd` process; [`proxy`] is a link that fails on demand.

pub mod folder;
pub mod node;
pub mod port;
pub mod postgres;
mod process;
pub mod proxy;

/// The time limit for anything to start, stop or answer.
pub const DEADLINE: std::time::Duration = std::time::Duration::from_secs(60);
