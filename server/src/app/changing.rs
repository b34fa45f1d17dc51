//! Changing one message: edits, deletions and reactions, and reading it alone. Does not know whether its conversation
//! is a room.

use std::sync::Arc;

use linger_api::{Message, Reaction};

use super::App;
use crate::accounts::limits::DELETE_MESSAGE;
use crate::domain::emoji::Emoji;
use crate::domain::ids::{ConversationId, EventId, Seq};
use crate::domain::problem::Problem;
use crate::domain::text::Text;
use crate::hub::Event;
use crate::journal::Change;
use crate::sessions::Session;

impl App {
    /// Returns one message.
    ///
    /// # Errors
    /// 404 if there is no such message.
    pub(crate) async fn find_message(&self, conversation: ConversationId, seq: Seq) -> Result<Arc<Event>, Problem> {
        let stored = self.store.find_message(conversation, seq).await?.ok_or_else(Problem::not_found)?;
        self.hub.share(&[stored]).pop().ok_or_else(Problem::not_found)
    }

    /// Replaces a message's text, if the message is at one of these revisions when some are given. Returns the message.
    ///
    /// # Errors
    /// 403 if it is another user's, 409 if it is deleted, 412 if it has changed since.
    pub(crate) async fn edit_message(
        &self,
        user: &Session,
        (conversation, seq): (ConversationId, Seq),
        text: Text,
        if_revision: Option<Vec<EventId>>,
    ) -> Result<Arc<Event>, Problem> {
        self.limits.sends.take(&user.user.id)?;
        let change = Change::Edit { text: text.into_string(), if_revision };
        Ok(self.journal.change_message(user.user.clone(), conversation, seq, change).await?.0)
    }

    /// Deletes a message's text and reactions, if the message is at one of these revisions when some are given. A no-op
    /// if it is deleted. Returns whether this has deleted another user's message.
    ///
    /// # Errors
    /// 403 if the user may not, 412 if it has changed since.
    pub(crate) async fn delete_message(
        &self,
        user: &Session,
        (conversation, seq): (ConversationId, Seq),
        if_revision: Option<Vec<EventId>>,
    ) -> Result<bool, Problem> {
        // Not with the sends: who has sent too much must still be able to take it back.
        self.limits.changes.take_weighted(&user.user.id, DELETE_MESSAGE)?;
        let change = Change::Delete { if_revision };
        let (deleted, has_changed) = self.journal.change_message(user.user.clone(), conversation, seq, change).await?;
        let deleted: Option<Message> = serde_json::from_str(deleted.json.get()).ok();
        Ok(has_changed && deleted.is_some_and(|message| message.from != user.user.name))
    }

    /// Adds the user's reaction to a message, or removes it. A no-op if it is there, or gone, already.
    ///
    /// # Errors
    /// 409 if the message is deleted or has too many kinds of reactions.
    pub(crate) async fn react(
        &self,
        user: &Session,
        (conversation, seq): (ConversationId, Seq),
        emoji: Emoji,
        adds: bool,
    ) -> Result<(), Problem> {
        self.limits.sends.take(&user.user.id)?;
        let change = Change::React { emoji: emoji.into_string(), adds };
        self.journal.change_message(user.user.clone(), conversation, seq, change).await?;
        Ok(())
    }

    /// Lists all reactions to a message, with all names, in the order in which the message has them.
    ///
    /// # Errors
    /// 404 if there is no such message.
    pub(crate) async fn list_reactions(
        &self,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<Vec<Reaction>, Problem> {
        let stored = self.store.find_message(conversation, seq).await?.ok_or_else(Problem::not_found)?;
        let kinds = stored.message.reactions;
        let mut reactions = self.store.list_reactions(conversation, seq).await?;
        reactions.sort_by_key(|reaction| kinds.iter().position(|kind| kind.emoji == reaction.emoji));
        Ok(reactions)
    }
}
