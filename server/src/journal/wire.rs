//! The wire between nodes: a connection that is notified when another node commits. A notification only says that there
//! is something to read. If the wire is silent, the writer still looks twice a second. Knows no memory and no SQL.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::domain::plant;
use crate::metrics::Metrics;
use crate::store::{Heads, Store, StoreError};

/// How often this node sends a heartbeat to all nodes, itself included.
const BEAT_EVERY: Duration = Duration::from_secs(3);

/// How long a wire may be silent before it counts as dead and is replaced. A link that drops every packet reports no
/// error.
const DEAD_AFTER: Duration = Duration::from_secs(10);

/// How long a wire is dead before the log tells.
const TELL_AFTER: Duration = Duration::from_secs(2);

/// The first pause before listening again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Listens until the receiver of `heard` is dropped.
pub(super) async fn listen(store: Store, heard: watch::Sender<Heads>, metrics: Arc<Metrics>) {
    if store.is_shared() {
        metrics.wire.set(Instant::now().into_std());
    }
    let mut pause = PAUSES.0;
    let mut silence = Silence::default();
    loop {
        let begun = Instant::now();
        let cause = tokio::select! {
            () = heard.closed() => return,
            cause = listen_once(&store, &heard, &metrics, &mut silence) => cause,
        };
        if begun.elapsed() > DEAD_AFTER {
            pause = PAUSES.0;
        }
        silence.begin_or_last(&store, &cause);
        tokio::select! {
            () = heard.closed() => return,
            () = sleep(pause.mul_f64(0.5 + random_fraction())) => pause = (pause * 2).min(PAUSES.1),
        }
    }
}

/// A time without a wire, told in the log once, and not at all if the database is away: that has a line of its own,
/// which may come a moment later.
#[derive(Default)]
struct Silence {
    since: Option<Instant>,
    is_told: bool,
}

impl Silence {
    fn begin_or_last(&mut self, store: &Store, cause: &StoreError) {
        tracing::debug!(%cause, "no wire");
        let since = *self.since.get_or_insert_with(Instant::now);
        if since.elapsed() > TELL_AFTER {
            self.tell(store, &cause.to_string());
        }
    }

    fn end(&mut self, store: &Store) {
        if self.since.is_some() {
            self.tell(store, "it was silent or closed for a moment");
        }
        *self = Self::default();
    }

    fn tell(&mut self, store: &Store, cause: &str) {
        if !self.is_told && !store.had_outage() {
            tracing::warn!(cause, "the wire between nodes is dead: listening again");
            self.is_told = true;
        }
    }
}

/// Listens until the wire is dead. Returns the cause.
async fn listen_once(
    store: &Store,
    heard: &watch::Sender<Heads>,
    metrics: &Metrics,
    silence: &mut Silence,
) -> StoreError {
    let mut notifications = match store.listen().await {
        Ok(Some(notifications)) => notifications,
        // There are no other nodes on SQLite.
        Ok(None) => return std::future::pending().await,
        Err(error) => return error,
    };
    // Notifications from before this connection listened are not repeated.
    match store.find_heads().await {
        Ok(heads) => heard.send_replace(heads),
        Err(error) => return error,
    };
    silence.end(store);
    tracing::info!("listening to the other nodes");
    plant::panic_if_planted("panic-in-wire", true);
    let mut beat = interval(BEAT_EVERY);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = Instant::now();
    loop {
        tokio::select! {
            heads = notifications.next() => match heads {
                Ok(heads) => {
                    last = Instant::now();
                    metrics.wire.set(last.into_std());
                    // Another node's heartbeat may be behind what this node has heard.
                    heard.send_if_modified(|newest| {
                        let newer = Heads {
                            event: newest.event.max(heads.event),
                            bulletin: newest.bulletin.max(heads.bulletin),
                        };
                        std::mem::replace(newest, newer) != newer
                    });
                }
                Err(error) => return error,
            },
            _ = beat.tick() => {
                if last.elapsed() > DEAD_AFTER {
                    return StoreError::TimedOut;
                }
                let heads = *heard.borrow();
                // If the database is away, the wire itself reports it.
                let _ = store.notify(heads).await;
            }
        }
    }
}

/// Returns a random number from 0 to 1, so that nodes that lost the database together do not come back together.
fn random_fraction() -> f64 {
    f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX)
}
