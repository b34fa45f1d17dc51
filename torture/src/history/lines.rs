//! A history as a file of JSON lines.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};

use anyhow::Context;
use linger_api::Message;
use serde::{Deserialize, Serialize};

use super::{Conversation, History, Name, Promises, Recorded, View};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Promises(Promises),
    Member { user: Name, conversations: BTreeSet<Conversation> },
    Event(Recorded),
    Stored { conversation: Conversation, message: Message },
    View(View),
}

impl History {
    /// Writes the history.
    ///
    /// # Errors
    /// Returns an error if writing fails.
    pub fn write(&self, mut file: impl Write) -> anyhow::Result<()> {
        let promises = [Line::Promises(self.promises)].into_iter();
        let members = self
            .members
            .iter()
            .map(|(user, conversations)| Line::Member { user: user.clone(), conversations: conversations.clone() });
        let events = self.events.iter().cloned().map(Line::Event);
        let stored = self.stored.iter().flat_map(|(conversation, messages)| {
            let line =
                |message: &Message| Line::Stored { conversation: conversation.clone(), message: message.clone() };
            messages.iter().map(line)
        });
        let views = self.views.iter().cloned().map(Line::View);
        for line in promises.chain(members).chain(events).chain(stored).chain(views) {
            serde_json::to_writer(&mut file, &line)?;
            file.write_all(b"\n")?;
        }
        Ok(file.flush()?)
    }

    /// Reads a history written by [`History::write`].
    ///
    /// # Errors
    /// Returns an error if reading fails. It names the line.
    pub fn read(file: impl BufRead) -> anyhow::Result<Self> {
        let mut history = Self::default();
        for (at, line) in file.lines().enumerate() {
            let line = serde_json::from_str(&line?).with_context(|| format!("line {}", at + 1))?;
            match line {
                Line::Promises(promises) => history.promises = promises,
                Line::Member { user, conversations } => drop(history.members.insert(user, conversations)),
                Line::Event(event) => history.events.push(event),
                Line::Stored { conversation, message } => {
                    history.stored.entry(conversation).or_default().push(message);
                }
                Line::View(view) => history.views.push(view),
            }
        }
        Ok(history)
    }
}
