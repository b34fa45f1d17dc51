//! The number of requests that are being answered, so that the server does not stop before they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts requests from their first line to the end of their answers.
#[derive(Clone, Default)]
pub(crate) struct InProgress(Arc<AtomicUsize>);

/// A request that counts until this is dropped.
pub(crate) struct Counted(InProgress);

impl InProgress {
    /// Counts one more request.
    pub(crate) fn count(&self) -> Counted {
        self.0.fetch_add(1, Ordering::Relaxed);
        Counted(self.clone())
    }

    /// Returns whether no request is being answered.
    pub(crate) fn is_none(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
