//! Edits, deletions and reactions.

use linger_api::Reaction;
use linger_torture::history::{Act, Change, Conversation, Digest, Event, Name};

use super::{NODES, Server};

const EMOJI: [&str; 2] = ["\u{1f44d}", "\u{1f389}"];

impl Server {
    /// Changes one message, now and then after an attempt with an unknown outcome, and twice.
    pub(super) fn change(&mut self) {
        let stored: Vec<_> = self.messages.iter().filter(|message| message.deleted_at.is_none()).cloned().collect();
        let Some(message) = self.random.choice(stored) else { return };
        // Everybody in a conversation reacts; the author also edits and deletes.
        let conversation = Conversation::of(&message);
        let members = self.history.members.iter().filter(|(_, of)| of.contains(&conversation));
        let members: Vec<Name> = members.map(|(name, _)| name.clone()).collect();
        let by = members[self.random.usize(0..members.len())].clone();
        let emoji = EMOJI[self.random.usize(0..EMOJI.len())];
        let act = match self.random.u32(0..4) {
            0 if *by == *message.from => Act::Delete,
            1 | 2 if *by == *message.from => Act::Edit(format!("{by} edits {}", self.now_us()).into()),
            0 => Act::Unreact(emoji.into()),
            _ => Act::React(emoji.into()),
        };
        let change = Change { by, id: message.id, act };
        if self.is_broken {
            self.record(Event::Changing(change.clone()));
            if self.random.bool() {
                self.apply(&change);
            }
            self.record(Event::Unchanged { change: change.clone(), status: None });
        }
        for _ in 0..=usize::from(self.random.u32(0..8) == 0) {
            self.record(Event::Changing(change.clone()));
            self.apply(&change);
            let node = self.node();
            let changed = self.messages.iter().find(|message| message.id == change.id);
            let message = if matches!(change.act, Act::Edit(_)) { Digest::of(changed) } else { Digest::default() };
            self.record(Event::Changed { change: change.clone(), node, message });
        }
        if self.random.bool() {
            let changed = self.messages.iter().find(|message| message.id == change.id);
            let (messages, asked_us, user) = (Digest::of(changed), self.now_us(), change.by);
            self.record(Event::Shown { node: asked_us as usize % NODES, user, asked_us, messages });
        }
    }

    /// Applies a change that is not applied yet.
    fn apply(&mut self, change: &Change) {
        let revision = self.line_end() + 1;
        let Some(message) = self.messages.iter_mut().find(|message| message.id == change.id) else { return };
        let time = || Some("2026-11-21T10:00:01.000Z".to_owned());
        match &change.act {
            Act::Edit(text) if *message.text != **text => {
                (message.text, message.edited_at) = (text.to_string(), time());
            }
            Act::Delete if message.deleted_at.is_none() => {
                (message.text, message.deleted_at) = (String::new(), time());
                message.deleted_by = Some(message.from.clone());
                message.reactions.clear();
            }
            Act::React(emoji) if !has(&message.reactions, &change.by, emoji) => {
                give(&mut message.reactions, &change.by, emoji);
            }
            Act::Unreact(emoji) if has(&message.reactions, &change.by, emoji) => {
                take(&mut message.reactions, &change.by, emoji);
            }
            _ => return,
        }
        message.revision = Some(revision);
    }
}

fn has(reactions: &[Reaction], by: &str, emoji: &str) -> bool {
    reactions.iter().any(|reaction| reaction.emoji == *emoji && reaction.users.iter().any(|user| *user == *by))
}

fn give(reactions: &mut Vec<Reaction>, by: &str, emoji: &str) {
    match reactions.iter_mut().find(|reaction| reaction.emoji == *emoji) {
        Some(reaction) => {
            reaction.count += 1;
            reaction.users.push(by.to_owned());
        }
        None => reactions.push(Reaction { emoji: emoji.to_owned(), count: 1, users: vec![by.to_owned()] }),
    }
}

fn take(reactions: &mut Vec<Reaction>, by: &str, emoji: &str) {
    for reaction in reactions.iter_mut().filter(|reaction| reaction.emoji == *emoji) {
        reaction.count -= 1;
        reaction.users.retain(|user| *user != *by);
    }
    reactions.retain(|reaction| reaction.count > 0);
}
