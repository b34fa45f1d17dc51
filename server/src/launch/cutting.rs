//! Cuts connections whose clients do not read, where something must end or make room that sleeps until they do. A
//! client that takes nothing at all is cut by the kernel; see [`listener`].

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::listener;
use crate::app::outgoing::Outgoing;
use crate::sessions::Sessions;

/// One search through all sockets finds many connections. At most one a second keeps it cheap.
const CUT_EVERY: Duration = Duration::from_secs(1);

/// Cuts what the sessions and the answers ask for, on connections to this port, for as long as the server runs.
pub(super) async fn cut(port: u16, sessions: Arc<Sessions>, outgoing: Arc<Outgoing>) {
    let mut has_failed = false;
    loop {
        sleep(CUT_EVERY).await;
        let mut clients: HashSet<_> = sessions.take_overdue().into_iter().collect();
        clients.extend(outgoing.take_cut_off());
        if clients.is_empty() {
            continue;
        }
        let count = clients.len();
        let outcome = tokio::task::spawn_blocking(move || listener::cut(port, &clients)).await;
        match outcome {
            Ok(Ok(())) => tracing::debug!(count, "connections were cut, because their clients do not read"),
            Ok(Err(cause)) if !has_failed => {
                has_failed = true;
                tracing::warn!(%cause, "connections cannot be cut: streams and answers that are not read last 30 seconds");
            }
            _ => {}
        }
    }
}
