//! Where log lines go, and how they look.

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Rocket tells of each request in its own words, calls an unknown path an error and warns twice of each
/// client that left a held poll; what its macros write into our routes quotes paths. None of it is news. A
/// panic is written to standard error, and answered 500, without it.
const DEFAULT_FILTER: &str =
    "info,rocket=off,linger_server::http::routes=off,rocket_db_pools=error,hyper=warn,sqlx=warn";

/// Writes logs to standard output; `RUST_LOG` chooses what, in `tracing`'s words.
///
/// Only the first call has an effect, and it has to come before Rocket starts, which would log itself.
pub(crate) fn install(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
    let _ = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}
