//! The building blocks of the tests: a server process, and users that call it over HTTP as any client would.

mod at_once;
mod command;
pub mod database;
pub mod described;
pub mod http;
mod local;
mod server;
pub mod stream;
mod user;

pub use at_once::at_once;
pub use command::{assert_refused, lingerd};
pub use http::{Client, RequestBuilder};
pub use local::{LocalServer, until};
pub use server::{METRICS_TOKEN, TestServer};
pub use stream::EventStream;
pub use user::{User, assert_problem, texts};

/// The limit for every wait that has no limit of its own. No test waits for it to pass.
pub const DEADLINE: std::time::Duration = std::time::Duration::from_secs(20);
