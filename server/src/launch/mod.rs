//! Assembles the server, launches it, and shuts it down in an order that loses nothing.

mod cutting;
mod listener;
mod logging;
mod shell;
mod stopping;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use figment::Figment;
use linger_api::{Guests, Registration};
use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use rocket::futures::FutureExt;
use rocket::futures::future::BoxFuture;
use rocket::shield::Shield;
use rocket::{Config, Ignite, Orbit, Rocket, Route};
use rocket_db_pools::Pool;

use crate::accounts::limits::Limits;
use crate::accounts::{Accounts, Door, KeyError, Passwords, Tokens};
use crate::app::{App, InProgress};
use crate::config::Settings;
use crate::domain::clock;
use crate::http::description::Description;
use crate::http::fairings::Guarding;
use crate::http::fairings::KeepMethod;
use crate::http::fairings::Pausing;
use crate::http::fairings::RequestLog;
use crate::http::fairings::Sites;
use crate::http::{description, response, routes};
use crate::hub::Hub;
use crate::journal::Journal;
use crate::metrics::Metrics;
use crate::sessions::Sessions;
use crate::store::{ChatPool, OpenError, Store, StoreError};
pub use shell::shell;
use stopping::Stopping;

/// Why the server did not start, or did not stop cleanly, as one line for standard error.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A setting is missing, misspelt or of the wrong type.
    #[error("invalid settings: {0}")]
    Settings(#[from] Box<figment::Error>),
    /// The database cannot be opened, or does not store data safely enough.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The database is open but cannot be read.
    #[error("the database cannot be read: {0}")]
    Store(String),
    /// The random number generator is unavailable.
    #[error("cannot get random numbers from the operating system: {0}")]
    Random(getrandom::Error),
    /// The log file cannot be opened.
    #[error("the log cannot be opened: {0}")]
    Log(io::Error),
    /// The journal's thread cannot be started.
    #[error("cannot start the journal's thread: {0}")]
    Journal(io::Error),
    /// The signal handlers cannot be installed.
    #[error("cannot install signal handlers: {0}")]
    Signals(io::Error),
    /// The signing key cannot be read or created.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The address is in use, or not available to this process.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address to listen on.
        address: SocketAddr,
        /// The operating system's error.
        cause: io::Error,
    },
    /// Anything else that Rocket reports.
    #[error("{0}")]
    Rocket(String),
    /// A thread or task that all requests depend on has ended.
    #[error("{0} has ended unexpectedly, as the log tells: the server must be started again")]
    Died(&'static str),
    /// The last-read positions may not be on disk. Everything else that was acknowledged is.
    #[error("the last-read positions could not be saved")]
    Flush,
}

/// Runs a server with these settings until it is asked to stop.
///
/// # Errors
/// If the server cannot start, or cannot save the last-read positions at the end.
pub fn serve(figment: Figment) -> Result<(), ServeError> {
    let log = logging::install(&Settings::extract(&figment)?).map_err(ServeError::Log)?;
    let ended = rocket::execute(run(figment));
    log.close(&ended);
    ended
}

async fn run(figment: Figment) -> Result<(), ServeError> {
    let server = Server::ignite(figment).await?;
    stopping::at_signals(server.rocket.shutdown()).map_err(ServeError::Signals)?;
    server.launch().await
}

/// Returns the OpenAPI 3.1 document that `GET /openapi.json` answers.
#[must_use]
pub fn openapi() -> String {
    description::document_of(routes::describe())
}

/// A server that is ready to be launched.
pub struct Server {
    rocket: Rocket<Ignite>,
    vital: Vital,
}

/// Ends with a name when a thread or task that all requests depend on has ended.
type Vital = BoxFuture<'static, &'static str>;

impl Server {
    /// Opens the database and the signing key, and assembles the server.
    ///
    /// # Errors
    /// If a setting is invalid, or the database or the key cannot be opened.
    pub async fn ignite(figment: Figment) -> Result<Self, ServeError> {
        let settings = Settings::extract(&figment)?;
        Config::try_from(&figment).map_err(Box::new)?;
        // The pool's own fairing would log an error instead of returning it, and close the pool as soon as a shutdown
        // begins.
        let pool = ChatPool::init(&figment.focus("databases.chat")).await?;
        let routes = routes::all();
        let metrics = Metrics::new(routes.iter().map(|route| (route.method.as_str(), route.uri.path().to_owned())));
        let (app, vital) = put_together(Store::new(pool).map_err(unreadable)?, settings, Arc::new(metrics)).await?;
        let rocket = rocket::custom(figment)
            .manage(Arc::clone(&app.metrics))
            .manage(app)
            .manage(Description::new(routes::describe))
            // Before everything that looks at the method.
            .attach(KeepMethod)
            // Before the log, which tells how long a request took.
            .attach(Pausing)
            .attach(RequestLog)
            .attach(Sites)
            .attach(Shield::new())
            .attach(Guarding)
            // Before `Stopping`, which counts the tasks that are always there.
            .attach(AdHoc::on_liftoff("listener", |rocket| Box::pin(lift_off(rocket))))
            .attach(Stopping::default())
            .mount("/", routes)
            .mount("/", response::rest())
            .register("/", response::catchers());
        let rocket = rocket.ignite().await.map_err(|error| describe(&error))?;
        Ok(Self { rocket, vital })
    }

    /// Returns an observer, which stays valid while the server runs.
    ///
    /// # Panics
    /// Never: the state it needs is managed at ignition.
    #[must_use]
    pub fn observer(&self) -> Observer {
        let app = self.rocket.state::<App>().expect("it is managed at ignition");
        Observer { store: app.store.clone(), hub: Arc::clone(&app.hub) }
    }

    /// Returns every route as `METHOD /path`, with parameters as `<name>`, those that take several segments included.
    #[must_use]
    pub fn routes(&self) -> Vec<String> {
        let path = |route: &Route| route.uri.path().replace("..>", ">");
        let calls = self.rocket.routes().filter(|route| response::is_call(route));
        calls.map(|route| format!("{} {}", route.method, path(route))).collect()
    }

    /// Serves until it is asked to stop, then saves the last-read positions that are only in memory.
    ///
    /// # Errors
    /// If it cannot listen on the address, or cannot save the positions.
    ///
    /// # Panics
    /// Never: the state it needs is managed at ignition.
    pub async fn launch(self) -> Result<(), ServeError> {
        if let Err(cause) = listener::raise_descriptor_limit() {
            tracing::warn!(%cause, "the limit on open files stays as it is");
        }
        let app = self.rocket.state::<App>().expect("it is managed at ignition");
        let (journal, store) = (app.journal.clone(), app.store.clone());
        let address = SocketAddr::new(self.rocket.config().address, self.rocket.config().port);
        let launched = tokio::select! {
            launched = self.rocket.launch() => launched,
            // What is on disk is safe, and whoever started this process starts it again. Without that part, all
            // requests would fail from now on.
            name = self.vital => return Err(ServeError::Died(name)),
        };
        let ended = match launched {
            Ok(_) => Ok(()),
            Err(error) => match error.kind() {
                ErrorKind::Bind(cause) => {
                    let cause = io::Error::new(cause.kind(), cause.to_string());
                    Err(ServeError::Listen { address, cause })
                }
                ErrorKind::Shutdown(rocket, _) => {
                    if !stopping::finish(rocket).await {
                        // A client neither reads nor disconnects. Its messages are on disk.
                        tracing::warn!("a connection was still busy at the end of the grace period");
                    }
                    Ok(())
                }
                _ => Err(describe(&error)),
            },
        };
        // All requests have been answered, so no write can follow this.
        let flushed = journal.close().await.map_err(|_| ServeError::Flush);
        store.close().await;
        if ended.is_ok() {
            tracing::info!("stopped");
        }
        ended.and(flushed)
    }
}

/// Observes a running server.
pub struct Observer {
    store: Store,
    hub: Arc<Hub>,
}

impl Observer {
    /// Returns the number of database queries so far, without those that look for other nodes' commits twice a second.
    #[must_use]
    pub fn query_count(&self) -> u64 {
        self.store.query_count()
    }

    /// Returns the number of requests held at the moment.
    #[must_use]
    pub fn held_requests(&self) -> usize {
        self.hub.held_requests()
    }
}

/// Converts an error of Rocket's. Reading its kind also keeps it from panicking when it is dropped.
fn describe(error: &rocket::Error) -> ServeError {
    ServeError::Rocket(error.kind().to_string())
}

/// Assembles the parts of the server on an open database.
async fn put_together(store: Store, settings: Settings, metrics: Arc<Metrics>) -> Result<(App, Vital), ServeError> {
    let tokens = Tokens::open(&settings.signing_key_file, settings.token_days)?;
    let tokens = tokens.seen_at(store.find_newest_time().await.map_err(unreadable)?);
    // Read before anything is loaded into memory, so that memory follows every later commit.
    let heads = store.find_heads().await.map_err(unreadable)?;
    let tail_bytes = settings.tail_mebibytes * 1024 * 1024;
    let hub = Hub::open(store.clone(), heads.event, tail_bytes, Arc::clone(&metrics)).await;
    let hub = Arc::new(hub.map_err(unreadable)?);
    let sessions = Arc::new(Sessions::new().map_err(ServeError::Random)?);
    let journal = Journal::start(
        store.clone(),
        Arc::clone(&hub),
        Arc::clone(&sessions),
        heads,
        Arc::clone(&metrics),
        settings.guest_days,
    );
    let (journal, journal_ended) = journal.map_err(ServeError::Journal)?;
    let limits = Arc::new(Limits::new(&settings.limits));
    let sweeps = tokio::spawn(Limits::sweep(Arc::downgrade(&limits)));
    let vital = async {
        tokio::select! {
            name = journal_ended => name,
            _ = sweeps => "the sweep of the rate limits",
        }
    };
    let app = App {
        accounts: Accounts {
            door: Door {
                registration: settings.registration,
                guests: settings.guests,
                members_invite: settings.lets_members_invite(),
                joined_rooms_per_user: settings.limits.joined_rooms_per_user.into(),
            },
            store: store.clone(),
            journal: journal.clone(),
            sessions,
            tokens,
            passwords: Passwords::new(),
            limits: Arc::clone(&limits),
        },
        hub,
        journal,
        limits,
        outgoing: Arc::default(),
        in_progress: InProgress::default(),
        metrics,
        started_at_ms: clock::now_ms(),
        store,
        settings,
    };
    Ok((app, vital.boxed()))
}

fn unreadable(error: StoreError) -> ServeError {
    ServeError::Store(error.to_string())
}

/// Logs if the server is open. `make start` repeats it.
fn say_who_may_come_in(settings: &Settings) {
    match (settings.registration, settings.guests) {
        (Registration::Open, Guests::On) => {
            tracing::info!("open to all: anyone who reaches this server may make an account or enter as a guest");
        }
        (Registration::Open, _) => tracing::info!("open to all: anyone who reaches this server may make an account"),
        (_, Guests::On) => tracing::info!("open to all: anyone who reaches this server may enter as a guest"),
        _ => {}
    }
}

/// Logs an invitation for the first administrator, if there is no user yet. `make up` repeats it.
async fn invite_first_admin(app: &App, address: SocketAddr) {
    match app.invite_first_admin().await {
        Ok(Some(path)) => {
            let port = address.port();
            tracing::warn!(
                "there is no user yet: the first administrator comes in by http://localhost:{port}{path} (once, within 7 days)"
            );
        }
        Ok(None) => {}
        Err(problem) => {
            tracing::warn!(cause = %problem.detail, "the first administrator could not be invited: start again");
        }
    }
}

async fn lift_off(rocket: &Rocket<Orbit>) {
    let config = rocket.config();
    let address = SocketAddr::new(config.address, config.port);
    if let Some(app) = rocket.state::<App>() {
        tokio::spawn(cutting::cut(config.port, Arc::clone(&app.accounts.sessions), Arc::clone(&app.outgoing)));
    }
    if let Err(cause) = listener::tune(address) {
        tracing::warn!(%cause, "the listening socket keeps its defaults: a backlog of 128 and no keep-alive");
    }
    if let Some(app) = rocket.state::<App>() {
        say_who_may_come_in(&app.settings);
    }
    tracing::info!(%address, version = crate::domain::VERSION, "listening");
    if let Some(app) = rocket.state::<App>().filter(|app| app.settings.invite_first_admin) {
        invite_first_admin(app, address).await;
    }
}
