//! The conversation in which a session ended, kept for the next one beside the sign-in. Knows no server.

use std::path::PathBuf;
use std::sync::Mutex;

use crate::domain::Conversation;
use crate::files;

/// The place where a user's next session begins.
pub(super) struct Bookmark {
    /// `None` if nothing is kept.
    path: Option<PathBuf>,
    kept: Mutex<Option<Conversation>>,
}

impl Bookmark {
    /// Reads the bookmark of a user, in the folder of the server's sign-ins. A bookmark that cannot be read is none.
    pub(super) fn of(user: &str, folder: Option<&PathBuf>) -> Self {
        let path = folder.map(|folder| folder.join(format!("{}.conversation", files::part(user))));
        let text = path.as_ref().and_then(|path| files::read(path).ok().flatten());
        let kept = text.and_then(|text| Conversation::marked(text.trim()));
        Self { path, kept: Mutex::new(kept) }
    }

    /// Returns the conversation that was kept last.
    pub(super) fn conversation(&self) -> Option<Conversation> {
        self.kept.lock().expect(NO_PANIC).clone()
    }

    /// Keeps a conversation. That it cannot be written is no reason to stop.
    pub(super) fn keep(&self, conversation: &Conversation) {
        let mut kept = self.kept.lock().expect(NO_PANIC);
        if kept.as_ref() == Some(conversation) {
            return;
        }
        if let Some(path) = &self.path {
            let _ = files::write(path, &format!("{conversation}\n"));
        }
        *kept = Some(conversation.clone());
    }
}

const NO_PANIC: &str = "nothing that holds the lock panics";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bookmark_is_kept_for_each_user() {
        let folder = tempfile::tempdir().unwrap();
        let open = |user: &str| Bookmark::of(user, Some(&folder.path().to_owned()));
        let (lobby, bob) = (Conversation::Room("lobby".into()), Conversation::Direct("bob".into()));
        let alice = open("alice");
        assert_eq!(alice.conversation(), None);
        for place in [&lobby, &bob] {
            alice.keep(place);
            assert_eq!(open("alice").conversation().as_ref(), Some(place));
        }
        assert_eq!(open("carol").conversation(), None);
        std::fs::write(folder.path().join("alice.conversation"), "nonsense").unwrap();
        assert_eq!(open("alice").conversation(), None);
        Bookmark::of("alice", None).keep(&lobby);
    }
}
