//! The state of a client that merges pages: of two copies of a message, it keeps the one with the larger revision.

use std::collections::{BTreeSet, HashMap};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

/// The merged state of a client.
#[derive(Default)]
pub(super) struct State {
    /// By room and seq.
    messages: HashMap<(i64, i64), Known>,
    /// The rooms that it was told to be in.
    pub(super) joined: BTreeSet<i64>,
    /// How often it was told the state of a conversation.
    pub(super) states: u64,
}

/// A message as it was at a revision.
struct Known {
    revision: Option<i64>,
    text: String,
}

/// How a state differs from the database, in messages.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Differences {
    /// Those that the client does not know.
    pub(super) missing: u64,
    /// Those that it knows with another text or revision.
    pub(super) differing: u64,
    /// Those that do not exist.
    pub(super) unknown: u64,
}

#[derive(Deserialize)]
struct Page {
    messages: Vec<Message>,
    changed: Vec<Message>,
    conversations: Vec<Conversation>,
}

#[derive(Deserialize)]
struct Message {
    room_id: i64,
    seq: i64,
    text: String,
    revision: Option<i64>,
}

#[derive(Deserialize)]
struct Conversation {
    room_id: i64,
    joined: bool,
}

impl State {
    /// Adds what a page tells.
    pub(super) fn merge(&mut self, page: &[u8]) -> anyhow::Result<()> {
        let Page { messages, changed, conversations } = serde_json::from_slice(page)?;
        for Message { room_id, seq, text, revision } in messages.into_iter().chain(changed) {
            let known = self.messages.get(&(room_id, seq));
            if known.is_none_or(|known| known.revision <= revision) {
                self.messages.insert((room_id, seq), Known { revision, text });
            }
        }
        for Conversation { room_id, joined } in conversations {
            self.states += 1;
            if joined {
                self.joined.insert(room_id);
            } else {
                self.joined.remove(&room_id);
            }
        }
        Ok(())
    }

    /// Compares all messages with those in a file.
    pub(super) fn differences(&self, connection: &Connection) -> anyhow::Result<Differences> {
        let mut differences = Differences::default();
        let sql = "select r.id, m.seq, m.revision, m.text from messages m
                   join rooms r on r.conversation_id = m.conversation_id";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut found = 0;
        while let Some(row) = rows.next()? {
            let revision: Option<i64> = row.get(2)?;
            match self.messages.get(&(row.get(0)?, row.get(1)?)) {
                None => differences.missing += 1,
                Some(copy) => {
                    found += 1;
                    differences.differing +=
                        u64::from(copy.revision != revision || copy.text != row.get_ref(3)?.as_str()?);
                }
            }
        }
        differences.unknown = self.messages.len() as u64 - found;
        Ok(differences)
    }
}

impl Differences {
    pub(super) fn total(&self) -> u64 {
        self.missing + self.differing + self.unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how a client that was told these pages differs from a room with an edited and a new message.
    fn differences(pages: &[(&str, &str)]) -> Differences {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "create table rooms (id, conversation_id); insert into rooms values (3, 5);
                 create table messages (conversation_id, seq, revision, text);
                 insert into messages values (5, 1, 9, 'edited'), (5, 2, null, 'new');",
            )
            .unwrap();
        let mut state = State::default();
        for (messages, changed) in pages {
            let page = format!(r#"{{"messages":[{messages}],"changed":[{changed}],"conversations":[]}}"#);
            state.merge(page.as_bytes()).unwrap();
        }
        state.differences(&connection).unwrap()
    }

    const OLD: &str = r#"{"room_id":3,"seq":1,"text":"old"}"#;
    const OLDER: &str = r#"{"room_id":3,"seq":1,"text":"older","revision":4}"#;
    const EDITED: &str = r#"{"room_id":3,"seq":1,"text":"edited","revision":9}"#;
    const NEW: &str = r#"{"room_id":3,"seq":2,"text":"new"}"#;
    const STRANGE: &str = r#"{"room_id":3,"seq":3,"text":"new"}"#;

    #[test]
    fn the_copy_with_the_larger_revision_counts_in_any_order() {
        let none = Differences::default();
        assert_eq!(differences(&[(OLD, ""), (NEW, EDITED)]), none);
        assert_eq!(differences(&[(NEW, EDITED), (OLD, OLDER)]), none);
    }

    #[test]
    fn each_difference_is_counted_by_its_kind() {
        let none = Differences::default();
        assert_eq!(differences(&[(NEW, "")]), Differences { missing: 1, ..none });
        assert_eq!(differences(&[(NEW, OLDER)]), Differences { differing: 1, ..none });
        assert_eq!(differences(&[(NEW, EDITED), (STRANGE, "")]), Differences { unknown: 1, ..none });
    }

    #[test]
    fn a_room_that_was_left_is_not_joined() {
        let mut state = State::default();
        for joined in [true, false] {
            let page = format!(r#"{{"messages":[],"changed":[],"conversations":[{{"room_id":3,"joined":{joined}}}]}}"#);
            state.merge(page.as_bytes()).unwrap();
        }
        assert!(state.joined.is_empty());
    }
}
