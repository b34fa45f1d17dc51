//! The Tab key: turns the word before the cursor into the likeliest candidate, and then into the next. Knows no names.
//!
//! rustyline's own completion prints nothing above the line until another key is pressed.

use std::sync::{Arc, Mutex};

use rustyline::{Cmd, ConditionalEventHandler, Event, EventContext, KeyCode, KeyEvent, Modifiers, RepeatCount};

use crate::commands::completion::{Names, complete};

/// The binding of Tab and Shift-Tab. Clones share the candidates, so that one key goes back where the other went.
#[derive(Clone)]
pub(super) struct Tab {
    names: Arc<dyn Names + Send + Sync>,
    cycle: Arc<Mutex<Option<Cycle>>>,
    other: Other,
}

/// The line that replaces the current one: the parts before and after the cursor.
pub(super) type Other = Arc<Mutex<Option<(String, String)>>>;

/// The candidates to cycle through. The last is what was typed.
struct Cycle {
    before: String,
    words: Vec<String>,
    current: usize,
}

impl Tab {
    pub(super) fn new(names: Arc<dyn Names + Send + Sync>, other: Other) -> Self {
        Self { names, cycle: Arc::default(), other }
    }

    fn next(&self, line: &str, position: usize, is_backwards: bool) -> Option<(String, String)> {
        let mut cycle = self.cycle.lock().ok()?;
        let before = &line[..position];
        let goes_on =
            cycle.as_ref().is_some_and(|cycle| before == format!("{}{}", cycle.before, cycle.words[cycle.current]));
        if !goes_on {
            let found = complete(line, position, &*self.names);
            let mut words = found.words;
            words.push(before[found.start..].to_owned());
            let current = words.len() - 1;
            *cycle = Some(Cycle { before: before[..found.start].to_owned(), words, current });
        }
        let cycle = cycle.as_mut()?;
        let old = cycle.words[cycle.current].clone();
        let count = cycle.words.len();
        cycle.current = (cycle.current + if is_backwards { count - 1 } else { 1 }) % count;
        let new = cycle.words[cycle.current].clone();
        (old != new).then_some((old, new))
    }
}

impl ConditionalEventHandler for Tab {
    fn handle(&self, event: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let is_backwards = event.get(0) == Some(&KeyEvent(KeyCode::BackTab, Modifiers::NONE));
        let Some((old, new)) = self.next(context.line(), context.pos(), is_backwards) else {
            return Some(Cmd::Noop);
        };
        if let Some(rest) = new.strip_prefix(&old) {
            return Some(Cmd::Insert(1, rest.to_owned()));
        }
        // rustyline can replace a word, but leaves the cursor before it. So the line is left for one with the other
        // word. It is left by accepting it, because an interrupted rustyline drops keys that it has already read.
        let (before, after) = context.line().split_at(context.pos());
        let kept = &before[..before.len() - old.len()];
        *self.other.lock().ok()? = Some((format!("{kept}{new}"), after.to_owned()));
        Some(Cmd::AcceptLine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Known;

    impl Names for Known {
        fn rooms(&self, _: &str) -> Vec<String> {
            Vec::new()
        }

        fn users(&self, _: &str) -> Vec<String> {
            vec!["bob".into(), "bea".into()]
        }
    }

    #[test]
    fn tab_cycles_and_ends_with_the_typed_word() {
        let tab = Tab::new(Arc::new(Known), Other::default());
        let mut line = "hi b".to_owned();
        for expected in ["hi bob ", "hi bea ", "hi b", "hi bob "] {
            let (old, new) = tab.next(&line, line.len(), false).unwrap();
            line = line.strip_suffix(&old).unwrap().to_owned() + &new;
            assert_eq!(line, expected);
        }
        let (_, back) = tab.next(&line, line.len(), true).unwrap();
        assert_eq!(back, "b");
    }

    #[test]
    fn another_key_starts_over() {
        let tab = Tab::new(Arc::new(Known), Other::default());
        assert!(tab.next("hi b", 4, false).is_some());
        assert_eq!(tab.next("hi be", 5, false), Some(("be".into(), "bea ".into())));
        assert_eq!(tab.next("hi zz", 5, false), None);
    }
}
