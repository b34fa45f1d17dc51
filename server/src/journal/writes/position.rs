//! Last-read positions that users set. Memory moves first, then they are written with all other unsaved positions.

use std::sync::Arc;

use super::Reply;
use crate::domain::ids::ConversationId;
use crate::hub::{Inbox, LastRead, SessionKey};

/// A position to be set. Answers false if the conversation is not joined.
pub(in crate::journal) struct SetLastRead {
    pub(in crate::journal) reader: Arc<Inbox>,
    pub(in crate::journal) session: SessionKey,
    pub(in crate::journal) conversation: ConversationId,
    pub(in crate::journal) to: LastRead,
    pub(in crate::journal) reply: Reply<bool>,
}
