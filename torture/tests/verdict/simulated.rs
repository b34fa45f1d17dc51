//! Histories of a simulated server that keeps every promise are found good, and a fault planted anywhere in one is
//! found.

use linger_api::Message;
use linger_torture::history::{Conversation, Digest, Event, History, Name, Page, Recorded, Version};
use linger_torture::verdict::{Kind, judge};

use crate::server::{LIMIT, Server};

const HISTORIES: u64 = 60;

fn history(seed: u64) -> (History, fastrand::Rng) {
    let mut random = fastrand::Rng::with_seed(seed);
    let history = Server::new(random.fork()).run();
    (history, random)
}

#[test]
fn the_history_of_a_correct_server_is_good() {
    let mut messages = 0;
    for seed in 0..HISTORIES {
        let (history, _) = history(seed);
        let verdict = judge(&history);
        assert!(verdict.is_good(), "seed {seed}: {:#?}", verdict.violations);
        messages += verdict.figures.stored;
    }
    assert!(messages > 10 * HISTORIES as usize, "{messages} messages");
}

#[test]
fn a_fault_planted_anywhere_is_reported_by_its_kind() {
    for kind in Kind::ALL {
        let mut planted = 0;
        for seed in 0..HISTORIES {
            let (mut history, mut random) = history(seed);
            if plant(kind, &mut history, &mut random).is_none() {
                continue;
            }
            planted += 1;
            let verdict = judge(&history);
            assert!(verdict.count(kind) > 0, "{kind}, seed {seed}: {:?}", verdict.counts);
        }
        assert!(planted > HISTORIES / 3, "{kind} could be planted only {planted} times");
    }
}

/// Plants a violation of this kind. Returns `None` if this history has no place for it.
fn plant(kind: Kind, history: &mut History, random: &mut fastrand::Rng) -> Option<()> {
    let messages: Vec<Message> = history.stored.values().flatten().cloned().collect();
    let end_us = history.events.last()?.at_us;
    match kind {
        Kind::Lost => {
            let view = choose(random, history.views.iter_mut().filter(|view| !view.messages.is_empty()))?;
            edit(&mut view.messages, &messages, |shown| drop(shown.remove(random.usize(0..shown.len()))));
        }
        Kind::Ghost => {
            let page = choose(random, pages(history))?;
            let ghost = Message { id: page.messages.ids().last().unwrap_or(0) + 1_000, ..messages.first()?.clone() };
            edit(&mut page.messages, &messages, |shown| shown.push(ghost));
        }
        Kind::Doubled => {
            let page = choose(random, pages(history).filter(|page| !page.messages.is_empty()))?;
            edit(&mut page.messages, &messages, |shown| shown.insert(0, shown[0].clone()));
        }
        Kind::Disordered => {
            let page = choose(random, pages(history).filter(|page| page.messages.len() > 1))?;
            edit(&mut page.messages, &messages, |shown| shown.swap(0, 1));
        }
        Kind::Gap => {
            let stored = choose(random, history.stored.values_mut().filter(|stored| stored.len() > 1))?;
            stored.remove(random.usize(0..stored.len() - 1));
        }
        Kind::Hole => {
            let page =
                choose(random, taken_pages(history).map(|(_, page)| page).filter(|page| !page.messages.is_empty()))?;
            edit(&mut page.messages, &messages, |shown| drop(shown.remove(random.usize(0..shown.len()))));
        }
        Kind::Differing => {
            let view = choose(random, history.views.iter_mut())?;
            view.messages.sum = view.messages.sum.wrapping_add(1);
        }
        Kind::Leaked => leak(history, &messages, random)?,
        Kind::Altered => {
            let page = choose(random, pages(history).filter(|page| !page.messages.is_empty()))?;
            page.messages.sum = page.messages.sum.wrapping_sub(1);
        }
        Kind::Reverted => revert(history, &messages, random, |message| message.deleted_at.is_none())?,
        Kind::Restored => revert(history, &messages, random, |message| message.deleted_at.is_some())?,
        Kind::Outdated => forget_change(history, random)?,
        Kind::CursorMoved => move_cursor_back(history, random)?,
        Kind::Stale => look_without_newest(history, &messages, random, None)?,
        Kind::Late => look_without_newest(history, &messages, random, Some(end_us + LIMIT.1 * 10))?,
        Kind::ReadTooFar => {
            let (newest, last_read) = choose(random, statuses(history))?;
            *last_read = *newest + 1;
        }
        Kind::Unaccounted => {
            let is_end = |event: &Event| matches!(event, Event::Sent { .. } | Event::Unanswered { .. });
            let ends = history.events.iter().enumerate().filter(|(_, recorded)| is_end(&recorded.event));
            let at = choose(random, ends)?.0;
            history.events.remove(at);
        }
        Kind::Refused => {
            let status = choose(random, [None, Some(503), Some(401), Some(500)])?;
            append(history, end_us + LIMIT.1 * 10, Event::Unheard { reader: 0, status });
            append(history, end_us + LIMIT.1 * 10, Event::Polled { reader: 0, times: 1 });
        }
    }
    Some(())
}

/// Shows a direct message to a third user.
fn leak(history: &mut History, messages: &[Message], random: &mut fastrand::Rng) -> Option<()> {
    let secret = choose(random, messages.iter().filter(|message| message.to.is_some()))?.clone();
    let strangers: Vec<Name> = history.members.keys().cloned().collect();
    let stranger = |user: &Name| **user != *secret.from && Some(&**user) != secret.to.as_deref();
    let user = choose(random, strangers.iter().filter(|user| stranger(user)))?.clone();
    let readers: Vec<usize> = readers_of(history, &user);
    let theirs = history.events.iter_mut().filter_map(|recorded| match &mut recorded.event {
        Event::Answered { reader, page, .. } if readers.contains(reader) => Some(page),
        _ => None,
    });
    let page = choose(random, theirs)?;
    edit(&mut page.messages, messages, |shown| {
        let at = shown.partition_point(|message| message.id < secret.id);
        shown.insert(at, secret);
    });
    Some(())
}

/// Shows a message as it was sent, on a node that has shown a change of it.
fn revert(
    history: &mut History,
    messages: &[Message],
    random: &mut fastrand::Rng,
    is_wanted: impl Fn(&Message) -> bool,
) -> Option<()> {
    let changed: Vec<i64> = messages
        .iter()
        .filter(|message| message.revision.is_some() && is_wanted(message))
        .map(|message| message.id)
        .collect();
    // The first acknowledgement of each is what was sent, unless somebody has reacted to it meanwhile.
    let sent = history.events.iter().filter_map(|recorded| match &recorded.event {
        Event::Sent { message, .. } if message.versions.is_empty() => Some(message.clone()),
        _ => None,
    });
    let sent: Vec<Digest> = sent.collect();
    let last: Vec<i64> =
        messages.iter().filter(|message| is_wanted(message)).filter_map(|message| message.revision).collect();
    let shown = history.events.iter().filter_map(|recorded| match &recorded.event {
        Event::Shown { node, messages, .. } | Event::Changed { node, message: messages, .. } => Some((*node, messages)),
        Event::Answered { page, .. } => Some((page.node, &page.changed)),
        _ => None,
    });
    let shown = shown.flat_map(|(node, messages)| messages.versions.iter().map(move |version| (node, *version)));
    let shown = shown.filter(|(_, version)| changed.contains(&version.id) && last.contains(&version.revision));
    let shown: Vec<_> =
        shown.filter(|(_, version)| sent.iter().any(|sent| sent.ids().next() == Some(version.id))).collect();
    let (node, version) = choose(random, shown)?;
    let messages = sent.into_iter().find(|sent| sent.ids().next() == Some(version.id))?;
    let user = messages_author(history, version.id)?;
    let asked_us = history.events.last()?.at_us + 1;
    append(history, asked_us + 1, Event::Shown { node, user, asked_us, messages });
    Some(())
}

/// Returns the name of a stored message's author.
fn messages_author(history: &History, id: i64) -> Option<Name> {
    history.stored.values().flatten().find(|message| message.id == id).map(|message| message.from.as_str().into())
}

/// Leaves a message's changes out of all that a client receives.
fn forget_change(history: &mut History, random: &mut fastrand::Rng) -> Option<()> {
    let again = reconnecting(history);
    let answered = history.events.iter().filter_map(|recorded| match &recorded.event {
        Event::Answered { reader, page, taken: true } if !again.contains(reader) => Some((*reader, page)),
        _ => None,
    });
    let of = |digest: &Digest, reader: usize| -> Vec<_> {
        digest.versions.iter().map(|version| (reader, version.id)).collect()
    };
    let (mut changed, mut new) = (Vec::new(), Vec::new());
    for (reader, page) in answered {
        changed.extend(of(&page.changed, reader));
        new.extend(of(&page.messages, reader));
    }
    // Some messages came with a change already.
    let (wanted, id) = choose(random, changed.into_iter().filter(|of| !new.contains(of)))?;
    for recorded in &mut history.events {
        if let Event::Answered { reader, page, .. } = &mut recorded.event
            && *reader == wanted
        {
            page.changed = without(&page.changed, id);
        }
    }
    Some(())
}

/// Returns a digest of changed messages without one of them.
fn without(digest: &Digest, id: i64) -> Digest {
    let versions: Vec<_> = digest.versions.iter().filter(|version| version.id != id).copied().collect();
    let empty = |version: &Version| Message { id: version.id, revision: Some(version.revision), ..Message::default() };
    let messages: Vec<_> = versions.iter().map(empty).collect();
    let mut digest = Digest::of(&messages);
    digest.versions = versions;
    digest
}

/// Gives an answer with messages the cursor that its reader had at the beginning.
fn move_cursor_back(history: &mut History, random: &mut fastrand::Rng) -> Option<()> {
    let cursors: Vec<u64> = history.events.iter().filter_map(|recorded| first_cursor(&recorded.event)).collect();
    let pages = taken_pages(history).filter(|(_, page)| !page.messages.is_empty());
    let (reader, page) = choose(random, pages)?;
    page.cursor = cursors[reader];
    Some(())
}

/// Looks at a conversation's history and misses a message: on the node that acknowledged it at the end of the history,
/// or on node 0 at a later time.
fn look_without_newest(
    history: &mut History,
    messages: &[Message],
    random: &mut fastrand::Rng,
    later_us: Option<u64>,
) -> Option<()> {
    let sent = history.events.iter().filter_map(|recorded| match &recorded.event {
        Event::Sent { text, node, .. } => Some((text.clone(), *node)),
        _ => None,
    });
    let (text, node) = choose(random, sent)?;
    let message = messages.iter().find(|message| *message.text == *text)?;
    let conversation = Conversation::of(message);
    let (node, asked_us) = match later_us {
        Some(later_us) => (0, later_us),
        None => (node, history.events.last()?.at_us),
    };
    let looked = Event::Looked { node, asked_us, conversation, newest: message.seq - 1 };
    append(history, asked_us + 1, looked);
    Some(())
}

fn append(history: &mut History, at_us: u64, event: Event) {
    history.events.push(Recorded { at_us, event });
}

/// Returns all pages that polls delivered.
fn pages(history: &mut History) -> impl Iterator<Item = &mut Page> {
    history.events.iter_mut().filter_map(|recorded| match &mut recorded.event {
        Event::Answered { page, .. } => Some(page),
        _ => None,
    })
}

/// Returns the pages from which their readers went on, except those of readers that reconnect: they need not receive
/// what was read before.
fn taken_pages(history: &mut History) -> impl Iterator<Item = (usize, &mut Page)> {
    let again = reconnecting(history);
    history.events.iter_mut().filter_map(move |recorded| match &mut recorded.event {
        Event::Answered { reader, page, taken: true } if !again.contains(reader) => Some((*reader, page)),
        _ => None,
    })
}

/// Returns the newest seqs and last-read positions that `/status` reported.
fn statuses(history: &mut History) -> impl Iterator<Item = (&mut i64, &mut i64)> {
    history.events.iter_mut().filter_map(|recorded| match &mut recorded.event {
        Event::Status { newest, last_read, .. } => Some((newest, last_read)),
        _ => None,
    })
}

fn first_cursor(event: &Event) -> Option<u64> {
    match event {
        Event::Connected { page, .. } => Some(page.cursor),
        _ => None,
    }
}

fn readers_of(history: &History, wanted: &Name) -> Vec<usize> {
    let readers = history.events.iter().filter_map(|recorded| match &recorded.event {
        Event::Connected { reader, user, .. } if user == wanted => Some(*reader),
        _ => None,
    });
    readers.collect()
}

fn reconnecting(history: &History) -> Vec<usize> {
    let mut connected = Vec::new();
    let mut again = Vec::new();
    for recorded in &history.events {
        if let Event::Connected { reader, .. } = recorded.event {
            if connected.contains(&reader) { again.push(reader) } else { connected.push(reader) }
        }
    }
    again
}

fn edit(digest: &mut Digest, known: &[Message], change: impl FnOnce(&mut Vec<Message>)) {
    let find = |id| known.iter().find(|message| message.id == id).cloned();
    let mut messages: Vec<_> = digest.ids().filter_map(find).collect();
    change(&mut messages);
    *digest = Digest::of(&messages);
}

fn choose<T>(random: &mut fastrand::Rng, among: impl IntoIterator<Item = T>) -> Option<T> {
    let mut among: Vec<_> = among.into_iter().collect();
    (!among.is_empty()).then(|| among.swap_remove(random.usize(0..among.len())))
}
