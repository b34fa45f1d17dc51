//! Messages. Those of a batch are written together, at the end of the transaction.

use std::sync::Arc;

use super::Reply;
use crate::hub::{self, Inbox, SessionKey};
use crate::store::{Draft, StoreError};

/// A message to be written.
pub(in crate::journal) struct Post {
    pub(in crate::journal) draft: Draft,
    pub(in crate::journal) pending: PendingPost,
}

/// The rest of a [`Post`] while its draft is with the store.
pub(in crate::journal) struct PendingPost {
    pub(in crate::journal) sender: Arc<Inbox>,
    pub(in crate::journal) session: SessionKey,
    pub(in crate::journal) reply: Reply<Result<Arc<hub::Event>, PostError>>,
}

/// Why a message was not written.
#[derive(Debug)]
pub(crate) enum PostError {
    /// Its idempotency key was used for another message.
    KeyReused,
    Store(StoreError),
}

impl From<StoreError> for PostError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
