//! The log: its format, its filter, and panics as log lines. [`queue`] keeps a slow, full or closed output away from
//! the code that logs, and [`rotation`] keeps a log file small.

mod queue;
mod rotation;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::PanicHookInfo;
use std::thread;
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_log::{AsLog, LogTracer};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::config::{LogFormat, Settings};
use crate::domain::nearest::nearest;
use crate::http::request::unreadable;
use queue::Queue;
use rotation::RotatingFile;

const DEFAULT_FILTER: &str = "info,sqlx=error";

const SHELL_FILTER: &str = "off,linger::audit=info";

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// How long the end of the process may wait for the last lines.
const FLUSH_LIMIT: Duration = Duration::from_secs(1);

/// The log of this process, once it is installed.
pub(crate) struct Log {
    queue: Queue,
    /// Whether the log is a file of its own, so that the reason why the server ended belongs there, too.
    is_file: bool,
}

/// Installs the log, filtered by `RUST_LOG` in `tracing`'s syntax.
///
/// Only the first call has an effect. It must come before Rocket starts, which would install a logger of its own.
///
/// # Errors
/// If the log file cannot be opened.
pub(crate) fn install(settings: &Settings) -> io::Result<Log> {
    // Rust's handle of standard output keeps a buffer and a lock, which a failed write would leave in the way.
    let asked = std::env::var("RUST_LOG").ok().filter(|filter| !filter.is_empty());
    install_to(settings, io::stdout().as_fd(), asked.as_deref().unwrap_or(DEFAULT_FILTER))
}

/// Installs the log of the server's shell: the acts of authority alone, in the log file or on standard error.
///
/// # Errors
/// If the log file cannot be opened.
pub(crate) fn install_for_shell(settings: &Settings) -> io::Result<Log> {
    install_to(settings, io::stderr().as_fd(), SHELL_FILTER)
}

fn install_to(settings: &Settings, output: BorrowedFd<'_>, wanted: &str) -> io::Result<Log> {
    let is_file = !settings.log_file.as_os_str().is_empty();
    let queue = if is_file {
        Queue::start(RotatingFile::open(&settings.log_file, settings.log_file_mebibytes * 1024 * 1024)?)?
    } else {
        Queue::start(File::from(output.try_clone_to_owned()?))?
    };
    let filter = match slip_in(wanted) {
        Some(slip) => Err(slip),
        None => wanted.parse::<EnvFilter>().map_err(|error| error.to_string()),
    };
    let refused = filter.as_ref().err().cloned();
    // An error would be printed to standard error, which must not be in the way either.
    let lines = fmt::layer().with_ansi(false).with_writer(queue.clone()).log_internal_errors(false);
    let lines = match settings.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // Before `try_init`, which would install a logger without the listener.
    let listens = log::set_boxed_logger(Box::new(unreadable::Listener(LogTracer::new()))).is_ok();
    let _ = tracing_subscriber::registry()
        .with(filter.unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER)))
        .with(filter_fn(keeps_secrets))
        .with(lines)
        .try_init();
    if listens {
        log::set_max_level(LevelFilter::current().as_log().max(log::LevelFilter::Warn));
    }
    std::panic::set_hook(Box::new(log_panic));
    if let Some(cause) = refused {
        tracing::warn!(cause, "RUST_LOG cannot be understood and is ignored");
    }
    Ok(Log { queue, is_file })
}

impl Log {
    /// Logs why the server ended, if a log file would not have it otherwise, and waits for the last lines.
    pub(crate) fn close<E: std::error::Error>(&self, ended: &Result<(), E>) {
        if let Err(error) = ended
            && self.is_file
        {
            tracing::error!("{error}");
        }
        self.queue.flush(FLUSH_LIMIT);
    }
}

/// Libraries whose names are like a level.
const LIBRARIES: [&str; 3] = ["errno", "tracing", "want"];

/// Returns what is wrong with a filter in which a level is misspelt. `tracing` takes such a word for a part of the
/// program of which everything is logged; if there is no other word, nothing else is.
fn slip_in(filter: &str) -> Option<String> {
    filter.split(',').map(str::trim).filter(|word| !word.contains('=')).find_map(|word| {
        let is_level = word.is_empty() || LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word));
        let meant = nearest(word, LEVELS).filter(|_| !is_level && !LIBRARIES.contains(&word))?;
        Some(format!("there is no level {word}: did you mean {meant}?"))
    })
}

/// Returns whether lines of this kind are free of secrets, whatever the filter asks for.
///
/// Below `warn`, libraries log whole requests with their headers. Rocket quotes paths and queries at every level; in
/// lines from its route macros, it does so under the name of our own module, but through the crate `log`.
fn keeps_secrets(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target().trim_start_matches('_');
    let is_within =
        |module: &str| target.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    match target {
        _ if target.starts_with("rocket") => false,
        // It quotes lines of a password file, and parameters of the database's address that it does not know, the value
        // of a misspelt password included.
        _ if is_within("sqlx_postgres::options") => false,
        _ if is_within("linger_server") || is_within("linger") => metadata.name() != "log record",
        _ => *metadata.level() <= Level::WARN,
    }
}

/// Logs a panic. Standard error is left alone: a pipe that nobody reads would hold up the thread.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let message =
        payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = message.unwrap_or("no message");
    let place = panic.location().map_or_else(String::new, ToString::to_string);
    let name = thread::current().name().unwrap_or("-").to_owned();
    let backtrace = Backtrace::capture();
    match backtrace.status() {
        BacktraceStatus::Captured => tracing::error!(thread = name, %backtrace, "panicked at {place}: {message}"),
        _ => tracing::error!(thread = name, "panicked at {place}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::slip_in;

    #[test]
    fn a_misspelt_level_is_recognised_and_a_part_of_the_program_is_not() {
        for slip in ["inof", "warning", "dbug", "info,errors", " debugg ,info"] {
            assert!(slip_in(slip).is_some(), "{slip}");
        }
        for filter in [
            "",
            "info",
            "INFO, Debug",
            "info,sqlx=error",
            "linger_server",
            "linger",
            "linger::audit=info,off",
            "sqlx",
            "rocket",
            "hyper,tokio,h2,rustls,want,tracing,errno",
            "info,h2=debug,h2=trace,x=error",
            "info,linger_server::logs=debug",
            "4",
        ] {
            assert_eq!(slip_in(filter), None, "{filter}");
        }
    }
}
