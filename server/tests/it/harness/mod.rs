//! The building blocks of the tests: a server process, and users that call it over HTTP as any client would.

mod at_once;
mod command;
pub(crate) mod database;
pub(crate) mod described;
mod fastest;
pub(crate) mod http;
mod local;
mod server;
pub(crate) mod stream;
mod user;

pub(crate) use at_once::{at_once, fifty_at_once};
pub(crate) use command::{assert_refused, lingerd};
pub(crate) use fastest::Fastest;
pub(crate) use http::{Client, RequestBuilder, insist};
pub(crate) use local::{LocalServer, until};
pub(crate) use server::{METRICS_TOKEN, TestServer};
pub(crate) use stream::EventStream;
pub(crate) use user::{User, assert_problem, body_for, texts};

/// The limit for every wait. No test waits for it to pass. It is long, so that the tests pass on a busy machine; how
/// quick the server is, benchmarks measure.
pub(crate) const DEADLINE: std::time::Duration = std::time::Duration::from_secs(60);
