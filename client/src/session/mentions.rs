//! The command that looks back for messages that mention the user. Knows nothing of keys.

use std::cmp::Reverse;

use linger_api::Message;

use super::catching_up::latest;
use super::remote::{PAGE, Remote};
use crate::display::{listing, mentions};
use crate::domain::Failure;

/// How many of the latest messages of each conversation are searched.
const SEARCHED: usize = 100;
/// How many conversations are asked for one by one. The status holds one page of messages for all of them together.
const ASKED: usize = 50;

/// The latest messages of all conversations.
#[derive(Default)]
struct Latest {
    messages: Vec<Message>,
    /// The fewest messages of a conversation that has more.
    fewest: Option<usize>,
    /// How many conversations have messages, of which there are none here.
    left_out: usize,
}

impl Remote {
    /// Shows the latest messages of others that name the user, and says how far it has looked.
    pub(super) fn list_mentions(&self) -> Result<(), Failure> {
        let latest = self.latest_of_all()?;
        let (me, scope) = (self.conversations.me(), latest.scope());
        let mut found = latest.messages;
        found.retain(|message| message.from != me && mentions(&message.text, me));
        found.sort_unstable_by_key(|message| message.id);
        if found.is_empty() {
            return self.view.print_notice(&format!("Nobody has mentioned you{scope}."));
        }
        let left_out = found.len().saturating_sub(PAGE);
        found.drain(..left_out);
        let rule = if left_out > 0 { format!("the latest {PAGE} mentions") } else { "mentions".to_owned() };
        self.view.list(&found, &format!("{rule}{scope}"))
    }

    fn latest_of_all(&self) -> Result<Latest, Failure> {
        let mut conversations = self.http.status(Some(SEARCHED))?.conversations;
        conversations.sort_by_key(|one| Reverse(one.unread));
        let (mut all, mut asked) = (Latest::default(), 0);
        for mut one in conversations {
            let told = one.messages.take().unwrap_or_default();
            let newest = usize::try_from(one.newest).unwrap_or_default();
            if told.len() >= newest.min(SEARCHED) || asked == ASKED {
                let has_more = newest > told.len();
                all.add(told, has_more);
                continue;
            }
            asked += 1;
            match latest(&self.http, &one, SEARCHED) {
                Ok(page) => all.add(page.messages, page.more),
                // The user was removed meanwhile.
                Err(failure) if failure.is_not_found() => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(all)
    }
}

impl Latest {
    fn add(&mut self, messages: Vec<Message>, has_more: bool) {
        match messages.len() {
            0 => self.left_out += usize::from(has_more),
            count if has_more => self.fewest = Some(self.fewest.map_or(count, |fewest| fewest.min(count))),
            _ => {}
        }
        self.messages.extend(messages);
    }

    /// Returns in words what was not searched, or nothing.
    fn scope(&self) -> String {
        let fewest = self.fewest.map(|fewest| format!(" in the latest {fewest} messages of each conversation"));
        let left_out = match self.left_out {
            0 => String::new(),
            1 => "; 1 conversation was not searched".to_owned(),
            count => format!("; {} conversations were not searched", listing::grouped(count)),
        };
        fewest.unwrap_or_default() + &left_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_what_was_not_searched() {
        let mut latest = Latest::default();
        latest.add(vec![Message::default(); 30], false);
        latest.add(Vec::new(), false);
        assert_eq!(latest.scope(), "");
        latest.add(vec![Message::default(); 100], true);
        latest.add(vec![Message::default(); 40], true);
        assert_eq!(latest.scope(), " in the latest 40 messages of each conversation");
        for _ in 0..1200 {
            latest.add(Vec::new(), true);
        }
        let scope = " in the latest 40 messages of each conversation; 1,200 conversations were not searched";
        assert_eq!(latest.scope(), scope);
    }
}
