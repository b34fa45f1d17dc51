//! The destination and format of log lines.

use tracing::level_filters::LevelFilter;
use tracing_log::{AsLog, LogTracer};
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;
use crate::http::request::unreadable;

/// Rocket is silenced: it logs every request itself, reports unknown paths as errors, warns twice about each client
/// that leaves a held poll, and quotes paths in lines from the route macros. A panic is still written to standard error
/// and answered 500.
const DEFAULT_FILTER: &str =
    "info,rocket=off,linger_server::http::routes=off,rocket_db_pools=error,hyper=warn,sqlx=warn";

/// Writes logs to standard output, filtered by `RUST_LOG` in `tracing`'s syntax.
///
/// Only the first call has an effect. It must come before Rocket starts, which would install a logger of its own.
pub(crate) fn install(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
    // Before `try_init`, which would install a logger without the listener.
    let listens = log::set_boxed_logger(Box::new(unreadable::Listener(LogTracer::new()))).is_ok();
    let _ = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    if listens {
        log::set_max_level(LevelFilter::current().as_log().max(log::LevelFilter::Warn));
    }
}
