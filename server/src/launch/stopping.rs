//! How the server stops: nobody new comes in, whoever waits is answered, and the connections have ended before Rocket
//! looks whether there are any. If it found one, it would wait for all of `shutdown.grace`, however soon that one ends.

use std::io;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Header;
use rocket::{Orbit, Request, Response, Rocket, Shutdown};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use super::listener;
use crate::app::App;

/// How often it is looked whether connections are left.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Stops at SIGTERM and SIGINT, from now on. Rocket would begin to hear them only when it listens, so that one which comes
/// just then ends the process on the spot.
///
/// # Errors
/// When the operating system takes no handlers.
pub(crate) fn at_signals(shutdown: Shutdown) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            tracing::info!(signal, "stopping");
            shutdown.clone().notify();
        }
    });
    Ok(())
}

/// How often the tasks that there always are get counted, of which the fewest count: one that takes a connection back to
/// its pool may be among them for a moment.
const COUNTS: usize = 10;

/// Between two counts.
const COUNT_EVERY: Duration = Duration::from_millis(2);

/// Sees the connections off.
#[derive(Default)]
pub(crate) struct Stopping {
    /// The tasks that there were before the first connection came; each connection is one more, and each request.
    tasks_without_connections: OnceLock<usize>,
}

#[rocket::async_trait]
impl Fairing for Stopping {
    fn info(&self) -> Info {
        Info { name: "stopping", kind: Kind::Liftoff | Kind::Response | Kind::Shutdown }
    }

    async fn on_liftoff(&self, _: &Rocket<Orbit>) {
        let mut fewest = alive_tasks();
        for _ in 1..COUNTS {
            tokio::time::sleep(COUNT_EVERY).await;
            fewest = fewest.min(alive_tasks());
        }
        self.tasks_without_connections.get_or_init(|| fewest);
    }

    /// Tells clients that their connections end, once the server is stopping: they connect elsewhere or again instead
    /// of finding out when they send.
    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if request.rocket().state::<App>().is_some_and(|app| app.hub.is_closing()) {
            response.set_header(Header::new("Connection", "close"));
        }
    }

    async fn on_shutdown(&self, rocket: &Rocket<Orbit>) {
        let config = rocket.config();
        let closed = listener::close(SocketAddr::new(config.address, config.port));
        if let Some(app) = rocket.state::<App>() {
            app.hub.close();
        }
        if let Err(cause) = closed {
            // Whoever connects now would wait as long as this does: better to let Rocket close the socket, and wait.
            tracing::warn!(%cause, "the listening socket cannot be closed: stopping takes all of shutdown.grace");
            return;
        }
        let over = Instant::now() + Duration::from_secs(config.shutdown.grace.into());
        while self.tasks_without_connections.get().is_some_and(|&tasks| alive_tasks() > tasks) && Instant::now() < over
        {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

fn alive_tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}
