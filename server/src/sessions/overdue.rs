//! Held requests that were told to end and have not ended. A stream whose client does not read is asleep until the
//! client reads on, and hears nothing meanwhile.

use std::net::SocketAddr;
use std::sync::Weak;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How long a request may take to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// The requests that were told to end.
#[derive(Debug, Default)]
pub(super) struct Overdue(Mutex<Vec<Ending>>);

#[derive(Debug)]
struct Ending {
    connection: SocketAddr,
    /// Gone once the request has ended.
    request: Weak<()>,
    told: Instant,
}

impl Overdue {
    /// Records that a request was told to end.
    pub(super) fn add(&self, connection: Option<SocketAddr>, request: Weak<()>) {
        if let Some(connection) = connection {
            self.0.lock().push(Ending { connection, request, told: Instant::now() });
        }
    }

    /// Takes the connections of those that take too long.
    pub(super) fn take(&self) -> Vec<SocketAddr> {
        let mut endings = self.0.lock();
        endings.retain(|ending| ending.request.strong_count() > 0);
        endings.extract_if(.., |ending| ending.told.elapsed() > PATIENCE).map(|ending| ending.connection).collect()
    }
}
