//! The names that Tab completes: those that the session knows, and those that the server finds by their beginning or
//! lists. Knows no keys.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use super::conversations::Conversations;
use crate::commands::completion::{Excerpt, Names};
use crate::display::sign_ins;
use crate::domain::Failure;
use crate::http::Http;

/// How long Tab waits for the server. A later answer serves the next Tab.
const PAUSE: Duration = Duration::from_millis(250);

/// The names that begin like this.
type Answers = BTreeMap<(Kind, String), Vec<String>>;

pub(super) struct Directory {
    conversations: Arc<Conversations>,
    http: Arc<Http>,
    /// The latest answers.
    answers: Arc<Mutex<Answers>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Room,
    User,
    Session,
}

impl Directory {
    pub(super) fn new(conversations: Arc<Conversations>, http: Arc<Http>) -> Self {
        Self { conversations, http, answers: Arc::default() }
    }

    /// Returns the known names, and after them those that the server finds.
    fn with_found(&self, mut known: Vec<String>, kind: Kind, typed: &str) -> Vec<String> {
        let me = self.conversations.me();
        let is_new = |name: &String| !known.contains(name) && (kind != Kind::User || name != me);
        let found: Vec<_> = self.found(kind, typed).into_iter().filter(is_new).collect();
        known.extend(found);
        known
    }

    fn found(&self, kind: Kind, typed: &str) -> Vec<String> {
        let key = (kind, typed.to_lowercase());
        let (done, answered) = mpsc::channel();
        let (http, answers, asked) = (Arc::clone(&self.http), Arc::clone(&self.answers), key.clone());
        thread::spawn(move || {
            let names: Result<_, Failure> = match kind {
                Kind::Room => http.rooms_beginning(&asked.1),
                Kind::User => http.users_beginning(&asked.1),
                Kind::Session => http.sign_ins().map(|all| all.iter().map(|one| sign_ins::shown(&one.id)).collect()),
            };
            if let Ok(names) = names {
                answers.lock().expect(NO_PANIC).insert(asked, names);
            }
            let _ = done.send(());
        });
        let _ = answered.recv_timeout(PAUSE);
        self.answers.lock().expect(NO_PANIC).get(&key).cloned().unwrap_or_default()
    }
}

impl Names for Directory {
    fn rooms(&self, typed: &str) -> Vec<String> {
        self.with_found(self.conversations.rooms(typed), Kind::Room, typed)
    }

    fn users(&self, typed: &str) -> Vec<String> {
        self.with_found(self.conversations.users(typed), Kind::User, typed)
    }

    fn sessions(&self, typed: &str) -> Vec<String> {
        self.found(Kind::Session, typed)
    }

    fn messages(&self, is_own: bool) -> Vec<Excerpt> {
        self.conversations.messages(is_own)
    }
}

const NO_PANIC: &str = "nothing that holds the lock panics";
