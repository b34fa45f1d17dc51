//! Messages. Those of a batch are written together, at the end of the transaction.

use std::sync::Arc;

use super::Reply;
use crate::hub::{self, Inbox, SessionKey};
use crate::journal::memory::AfterCommit;
use crate::store::{Draft, StoreError, Transaction};

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

/// Records the senders who have not written since they are in memory. A guest who has never written may lose the name.
pub(in crate::journal) async fn record_authors(
    posts: &[PendingPost],
    transaction: &mut Transaction,
) -> Result<Option<AfterCommit>, StoreError> {
    let new = posts.iter().filter(|post| !post.sender.is_author());
    let new: Vec<_> = new.map(|post| Arc::clone(&post.sender)).collect();
    if new.is_empty() {
        return Ok(None);
    }
    transaction.insert_authors(&new.iter().map(|inbox| inbox.user_id).collect::<Vec<_>>()).await?;
    Ok(Some(Box::new(move |_| new.iter().for_each(|inbox| inbox.set_author()))))
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
