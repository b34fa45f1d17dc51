//! A small history without violations, and helpers to change it.

use linger_api::Message;
use linger_torture::history::{Conversation, Digest, Event, FaultKind, History, Page, Promises, Recorded, View};
use linger_torture::verdict::{Kind, judge};

pub(crate) const ALICE: usize = 0;
pub(crate) const BOB: usize = 1;
pub(crate) const CAROL: usize = 2;

/// The time within which every node must show and deliver a message.
pub(crate) const SECOND_US: u64 = 1_000_000;

pub(crate) fn message(id: i64, seq: i64, from: &str, to: Option<&str>) -> Message {
    Message {
        id,
        seq,
        room_id: to.is_none().then_some(1),
        room: to.is_none().then(|| "general".to_owned()),
        from: from.to_owned(),
        to: to.map(str::to_owned),
        text: format!("message {id}"),
        sent_at: "2026-11-21T10:00:00.000Z".to_owned(),
        ..Message::default()
    }
}

pub(crate) fn all() -> [Message; 5] {
    [
        message(1, 1, "alice", None),
        message(2, 1, "bob", Some("alice")),
        message(3, 2, "bob", None),
        message(4, 2, "alice", Some("bob")),
        message(5, 3, "carol", None),
    ]
}

pub(crate) fn general() -> Conversation {
    Conversation::room("general")
}

pub(crate) fn direct() -> Conversation {
    Conversation::direct("alice", "bob")
}

/// Returns the send of a message and its acknowledgement by a node.
pub(crate) fn send(message: &Message, node: usize) -> [Event; 2] {
    let text: std::sync::Arc<str> = message.text.as_str().into();
    let (by, to) = (message.from.as_str().into(), Conversation::of(message));
    let sending = Event::Sending { by, to, text: text.clone() };
    [sending, Event::Sent { text, node, message: Digest::of([message]) }]
}

fn connected(reader: usize, user: &str, messages: &[&Message]) -> Event {
    let page = Page { messages: Digest::of(messages.iter().copied()), cursor: 1, ..Page::default() };
    Event::Connected { reader, user: user.into(), changes: reader == ALICE, page }
}

/// Alice, Bob and Carol are in `general`; Alice and Bob also have a direct conversation. Carol does not acknowledge.
/// Events are a millisecond apart. All messages are sent on node 0, and node 1 is polled for them at once.
pub(crate) fn sound() -> History {
    let all = all();
    let of = |is_direct: bool| all.iter().filter(move |m| m.to.is_some() == is_direct);
    let everything: Vec<_> = all.iter().collect();
    let in_general: Vec<_> = of(false).collect();
    let mut events = vec![connected(ALICE, "alice", &[]), connected(BOB, "bob", &[]), connected(CAROL, "carol", &[])];
    events.extend(all.iter().flat_map(|message| send(message, 0)));
    for (reader, messages) in [(ALICE, &everything), (BOB, &everything), (CAROL, &in_general)] {
        let (first, second) = messages.split_at(2);
        for (at, messages) in [first, second].into_iter().enumerate() {
            let messages = Digest::of(messages.iter().copied());
            let page = Page { node: 1, asked_us: 0, messages, more: at == 0, cursor: 2 + at as u64, ..Page::default() };
            events.push(Event::Answered { reader, page, taken: true });
        }
    }
    let page = Page { node: 1, cursor: 3, ..Page::default() };
    events.extend([Event::Acknowledging { reader: BOB }, Event::Answered { reader: BOB, page, taken: true }]);
    events.push(Event::Looked { node: 0, asked_us: 0, conversation: general(), newest: 3 });
    events.extend([("alice", 1), ("bob", 3), ("carol", 0)].map(|(user, last_read)| Event::Status {
        user: user.into(),
        conversation: general(),
        newest: 3,
        last_read,
    }));
    // Bob reconnects with everything read, Carol with everything unread.
    events.push(connected(BOB, "bob", &[]));
    events.push(connected(CAROL, "carol", &in_general));
    events.extend([(ALICE, 2), (BOB, 3), (CAROL, 2)].map(|(reader, times)| Event::Polled { reader, times }));
    let mut events = timed(events);
    for recorded in &mut events {
        let before_us = recorded.at_us.saturating_sub(100);
        match &mut recorded.event {
            Event::Answered { page, .. } | Event::Connected { page, .. } => page.asked_us = before_us,
            Event::Looked { asked_us, .. } => *asked_us = before_us,
            _ => {}
        }
    }
    let view = |(node, user, conversation, is_direct): (usize, &str, Conversation, bool)| View {
        node,
        user: user.into(),
        conversation,
        messages: Digest::of(of(is_direct)),
    };
    History {
        promises: Promises { visible_within_us: Some(SECOND_US), recovers_within_us: SECOND_US },
        members: [("alice", vec![general(), direct()]), ("bob", vec![general(), direct()]), ("carol", vec![general()])]
            .map(|(user, conversations)| (user.into(), conversations.into_iter().collect()))
            .into(),
        events,
        stored: [(general(), of(false).cloned().collect()), (direct(), of(true).cloned().collect())].into(),
        views: [(1, "carol", general(), false), (0, "alice", direct(), true), (1, "bob", direct(), true)]
            .map(view)
            .into(),
    }
}

/// Spaces events a millisecond apart.
pub(crate) fn timed(events: Vec<Event>) -> Vec<Recorded> {
    let timed = events.into_iter().enumerate();
    timed.map(|(at, event)| Recorded { at_us: at as u64 * 1000, event }).collect()
}

/// Returns the violations found in the sound history after a change.
pub(crate) fn found(plant: impl FnOnce(&mut History)) -> Vec<Kind> {
    let mut history = sound();
    plant(&mut history);
    judge(&history).violations.iter().map(|violation| violation.kind).collect()
}

impl Extend<Event> for Appending<'_> {
    fn extend<T: IntoIterator<Item = Event>>(&mut self, events: T) {
        for event in events {
            let at_us = self.0.events.last().map_or(0, |last| last.at_us + 1000);
            self.0.events.push(Recorded { at_us, event });
        }
    }
}

/// Appends events to a history.
pub(crate) struct Appending<'a>(pub(crate) &'a mut History);

/// Returns a reader's pages in order.
pub(crate) fn pages(history: &mut History, wanted: usize) -> Vec<&mut Page> {
    let page = |recorded| match recorded {
        &mut Recorded { event: Event::Answered { reader, ref mut page, .. }, .. } if reader == wanted => Some(page),
        _ => None,
    };
    history.events.iter_mut().filter_map(page).collect()
}

/// Changes the messages of a digest.
pub(crate) fn edit(digest: &mut Digest, change: impl FnOnce(&mut Vec<Message>)) {
    let mut messages: Vec<_> = digest.ids().map(|id| all()[id as usize - 1].clone()).collect();
    change(&mut messages);
    *digest = Digest::of(&messages);
}

/// Changes one of a reader's pages.
pub(crate) fn edit_page(history: &mut History, reader: usize, page: usize, change: impl FnOnce(&mut Vec<Message>)) {
    edit(&mut pages(history, reader)[page].messages, change);
}

/// Returns the stored messages of `general`.
pub(crate) fn stored(history: &mut History) -> &mut Vec<Message> {
    history.stored.get_mut(&general()).unwrap()
}

/// Sets what `/status` reported to a user.
pub(crate) fn set_status(history: &mut History, wanted: &str, status: (i64, i64)) {
    for recorded in &mut history.events {
        if let Event::Status { user, newest, last_read, .. } = &mut recorded.event
            && **user == *wanted
        {
            (*newest, *last_read) = status;
        }
    }
}

/// Adds a fault that spans the whole history.
pub(crate) fn break_everything(history: &mut History, fault: FaultKind) {
    history.events.insert(0, Recorded { at_us: 0, event: Event::FaultBegins { fault } });
    Appending(history).extend([Event::FaultEnds { fault }]);
}
