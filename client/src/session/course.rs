//! Whether lines still go where they are meant to go. After a command that should have changed the conversation and
//! failed, they would be said in another one. Knows no server and no screen.

use super::conversations::Conversations;
use crate::commands::{Command, Input};
use crate::domain::Conversation;

/// Returns whether a line changes the conversation, or may have been meant to.
pub(super) fn leads(input: &Input<'_>, conversations: &Conversations) -> bool {
    match input {
        Input::Unknown(_) => true,
        Input::Misused(row) => ["create", "group", "join", "leave", "next", "query", "switch"].contains(&row.name),
        Input::Do(Command::Leave { room: Some(room) }) => conversations.current() == Conversation::room(room).folded(),
        Input::Do(command) => matches!(
            command,
            Command::Create { .. }
                | Command::Group { .. }
                | Command::Join { .. }
                | Command::Leave { .. }
                | Command::Next
                | Command::Query { .. }
                | Command::Switch { .. }
        ),
        Input::Nothing | Input::Say(_) => false,
    }
}

/// Returns whether the effect of a line depends on the current conversation.
pub(super) fn is_relative(input: &Input<'_>) -> bool {
    matches!(
        input,
        Input::Say(_)
            | Input::Do(
                Command::Delete { .. }
                    | Command::Edit { .. }
                    | Command::History { .. }
                    | Command::Last { .. }
                    | Command::Leave { room: None }
                    | Command::Query { to: None, .. }
                    | Command::Me { .. }
                    | Command::Numbers
                    | Command::React { .. }
                    | Command::Read { what: None }
                    | Command::Reply { .. }
                    | Command::Room(_)
                    | Command::Switch { to: None }
            )
    )
}

/// Returns the reply to a line that is not carried out.
pub(super) fn refusal(line: &str) -> String {
    format!("Not done, because the command before it failed: {}", line.trim_end())
}
