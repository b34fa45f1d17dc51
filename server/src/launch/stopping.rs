//! Stops the server: refuses new connections, answers held requests, and waits for connections to close before Rocket
//! checks for open ones. Rocket checks only once, and waits out all of `shutdown.grace` if it finds any.

use std::io;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Header;
use rocket::{Orbit, Request, Response, Rocket, Shutdown};
use rustix::process::Signal;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use super::listener;
use crate::app::App;

/// The interval between checks for open connections.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Stops the server on SIGTERM, SIGINT and SIGHUP. Rocket would install its handlers only once it listens, so an
/// earlier signal would kill the process.
///
/// SIGHUP says that the terminal is gone. There are no settings to read again, so the server stops in good order,
/// unless it was started with the signal ignored, as by `nohup`.
///
/// # Errors
/// If the handlers cannot be installed.
pub(crate) fn at_signals(shutdown: Shutdown) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // A file that reaches a limit on its size makes that write fail, instead of ending the process.
    drop(signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?);
    let mut hangup = if is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                Some(()) = async { hangup.as_mut()?.recv().await } => "SIGHUP",
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            tracing::info!(signal, "stopping");
            shutdown.clone().notify();
        }
    });
    Ok(())
}

/// Returns whether the process was started with SIGHUP ignored. A handler would undo that.
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// How many times the permanent tasks are counted. The lowest count is used, because a task that returns a connection
/// to its pool may be alive for a moment.
const COUNTS: usize = 10;

/// The interval between two counts.
const COUNT_EVERY: Duration = Duration::from_millis(2);

/// Closes connections at shutdown.
#[derive(Default)]
pub(crate) struct Stopping {
    /// The number of tasks before the first connection. Each connection adds one, and so does each request.
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

    /// Announces `Connection: close` while the server is stopping, so that clients do not send on a connection that is
    /// about to close.
    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if request.rocket().state::<App>().is_some_and(|app| app.hub.is_closing()) {
            response.set_header(Header::new("Connection", "close"));
        }
    }

    async fn on_shutdown(&self, rocket: &Rocket<Orbit>) {
        let config = rocket.config();
        if let Err(cause) = listener::close(SocketAddr::new(config.address, config.port)) {
            rocket.state::<App>().into_iter().for_each(|app| app.hub.close());
            // A client that connects now would wait as long as this does. Return, so that Rocket closes the socket and
            // waits.
            tracing::warn!(%cause, "the listening socket cannot be closed: stopping takes the full shutdown.grace");
            return;
        }
        drain(rocket, self.tasks_without_connections.get().copied()).await;
    }
}

/// Answers the held requests, and waits until all clients have their answers and are gone, for `shutdown.grace` at
/// most. `tasks` is the number of tasks without connections, if it is known. Returns whether they are gone.
async fn drain(rocket: &Rocket<Orbit>, tasks: Option<usize>) -> bool {
    let config = rocket.config();
    let Some(app) = rocket.state::<App>() else { return true };
    app.hub.close();
    let over = Instant::now() + Duration::from_secs(config.shutdown.grace.into());
    // Without a free descriptor, nothing can be found out, and connections use them all.
    let is_connected = || listener::is_connected(config.port).unwrap_or(true);
    // A connection's task outlives its socket for a moment. On a busy machine, too many may have been counted.
    let is_closing = || tasks.is_some_and(|tasks| alive_tasks() > tasks);
    while !app.in_progress.is_none() || is_connected() || is_closing() {
        if Instant::now() > over {
            return false;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    true
}

/// Stops where Rocket has not. A signal between two looks of Rocket's, at the shutdown and at its listener, ends the
/// listener alone, and Rocket then returns at once, without the fairing and with requests in progress. Returns whether
/// all clients have their answers.
pub(super) async fn finish(rocket: &Rocket<Orbit>) -> bool {
    let is_stopped = rocket.state::<App>().is_none_or(|app| app.hub.is_closing());
    // If the fairing has run, `shutdown.grace` is over.
    !is_stopped && drain(rocket, None).await
}

fn alive_tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}
