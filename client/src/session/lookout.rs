//! Looks now and then whether the user has left rooms in another session: polls bring nothing of them, and do not say
//! so. Knows nothing of messages.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::catching_up::note_departures;
use super::parts::Parts;
use crate::domain::Failure;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(10);

/// Looks for as long as the process lives.
pub(super) fn begin(parts: &Parts) {
    let (http, conversations) = (Arc::clone(&parts.http), Arc::clone(&parts.conversations));
    let view = Arc::clone(&parts.view);
    thread::spawn(move || {
        loop {
            thread::sleep(PAUSE);
            // The inbox reports an output that is gone.
            if let Err(Failure::Terminal(_) | Failure::OutputClosed) = note_departures(&http, &conversations, &view) {
                return;
            }
        }
    });
}
