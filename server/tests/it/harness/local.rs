//! A server within the test's own process, so that its counters can be read.

use std::time::Instant;

use linger_server::config::{Overrides, figment};
use linger_server::{Observer, Server};
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::{DEADLINE, User, database};

/// A server on an empty database, without rate limits. It ends with the test.
pub(crate) struct LocalServer {
    /// Access to the server's counters.
    pub(crate) observer: Observer,
    /// Every route, as `METHOD /path`.
    pub(crate) routes: Vec<String>,
    base: String,
    _folder: TempDir,
}

impl LocalServer {
    /// Starts a server on a free port.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let in_the_folder = || format!("sqlite:{}", folder.path().join("linger.db").display());
        let database_url = Some(database::new_database().await.unwrap_or_else(in_the_folder));
        let figment = figment(&Overrides { port: Some(port), database_url, ..Overrides::default() })
            .merge(("chat.signing_key_file", folder.path().join("signing.key")))
            .merge(("chat.registration", "open"))
            .merge(("chat.guests", "on"))
            .merge(("chat.limits.connects_per_minute", 0))
            .merge(("chat.limits.guests_per_day_per_address", 0))
            .merge(("chat.limits.changes_per_minute", 0))
            .merge(("chat.limits.sends_per_minute", 0));
        let server = Server::ignite(figment).await.unwrap();
        let (observer, routes) = (server.observer(), server.routes());
        tokio::spawn(server.launch());
        let server = Self { observer, routes, base: format!("http://127.0.0.1:{port}"), _folder: folder };
        until("the server listens", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
        server
    }

    /// Connects a new guest of that name.
    pub(crate) async fn guest(&self, name: &str) -> User {
        User::connect_at(&self.base, &json!({ "username": name })).await
    }

    /// Requests `path` in a task of its own. Returns once the server holds that request.
    pub(crate) async fn hold(&self, user: &User, path: &str) -> JoinHandle<reqwest::Response> {
        let held = self.observer.held_requests();
        let (user, path) = (user.clone(), path.to_owned());
        let answer = tokio::spawn(async move { user.get(&path).await });
        until("the request is held", async || self.observer.held_requests() > held || answer.is_finished()).await;
        answer
    }
}

/// Yields to other tasks until a condition holds.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < DEADLINE, "{what}");
        tokio::task::yield_now().await;
    }
}
