//! Header values that are not UTF-8. Rocket drops such headers before anything of ours sees the request, and says so
//! only in its log. So this listens to that log: a header that is not readable must not count as absent, or a retry
//! would store a message twice.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use log::{Log, Metadata, Record};
use parking_lot::Mutex;
use rocket::Request;
use tokio::task;

use crate::domain::problem::Problem;

/// The names of such headers, in lower case, by the task that reads the request. Rocket reads each in a task of its
/// own.
static NOTED: LazyLock<Mutex<HashMap<task::Id, Vec<String>>>> = LazyLock::new(Mutex::default);

/// The number of requests in [`NOTED`], nearly always 0.
static REQUESTS: AtomicUsize = AtomicUsize::new(0);

/// Whether any request had such a header since the start. Nearly always not, and then no request is asked for its own:
/// that takes an entry in its cache, and each held poll would pay for it.
static SEEN: AtomicBool = AtomicBool::new(false);

/// The log target of Rocket's lines about a request's headers.
const TARGET: &str = "rocket::request::request";

/// A logger that notes such headers, and passes every line on.
pub(crate) struct Listener<L>(pub(crate) L);

impl<L: Log> Log for Listener<L> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET || self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if record.target() == TARGET {
            note(&record.args().to_string());
        }
        if self.0.enabled(record.metadata()) {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

fn note(line: &str) {
    let name = line.strip_prefix("Header '").and_then(|rest| rest.strip_suffix("' contains invalid UTF-8"));
    let (Some(name), Some(task)) = (name, task::try_id()) else { return };
    SEEN.store(true, Ordering::Relaxed);
    let mut noted = NOTED.lock();
    noted.entry(task).or_default().push(name.to_ascii_lowercase());
    REQUESTS.store(noted.len(), Ordering::Release);
}

/// The names of a request's headers that are not readable.
#[derive(Default)]
struct Names(Vec<String>);

/// Keeps what was noted about this task's request with the request. Every request must get here, so nothing is left.
pub(crate) fn keep(request: &Request<'_>) {
    if REQUESTS.load(Ordering::Acquire) == 0 {
        return;
    }
    let Some(task) = task::try_id() else { return };
    let mut noted = NOTED.lock();
    if let Some(names) = noted.remove(&task) {
        REQUESTS.store(noted.len(), Ordering::Release);
        request.local_cache(|| Names(names));
    }
}

/// Returns whether the request has a header of this name whose value is not UTF-8.
pub(super) fn is_unreadable(request: &Request<'_>, name: &str) -> bool {
    SEEN.load(Ordering::Relaxed) && has(request, name)
}

fn has(request: &Request<'_>, name: &str) -> bool {
    request.local_cache(Names::default).0.iter().any(|noted| noted.eq_ignore_ascii_case(name))
}

/// Checks that a header is readable or absent.
///
/// # Errors
/// 400 if its value is not UTF-8.
pub(super) fn check(request: &Request<'_>, name: &str) -> Result<(), Problem> {
    check_all(request, &[name])
}

/// Checks that each of these headers is readable or absent.
///
/// # Errors
/// 400 if a value is not UTF-8.
pub(super) fn check_all(request: &Request<'_>, names: &[&str]) -> Result<(), Problem> {
    if !SEEN.load(Ordering::Relaxed) {
        return Ok(());
    }
    match names.iter().find(|name| has(request, name)) {
        Some(name) => Err(Problem::bad_input(format!("The header {name} is not UTF-8."))),
        None => Ok(()),
    }
}
