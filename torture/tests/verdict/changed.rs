//! Plants one fault at a time in a history with an edit, a reaction and a deletion.

use linger_api::{Message, Reaction};
use linger_torture::history::{Act, Change, Conversation, Digest, Event, History, Page, Version};
use linger_torture::verdict::Kind::{
    Altered, CursorMoved, Ghost, Late, Leaked, Lost, Outdated, ReadTooFar, Refused, Restored, Reverted, Stale,
    Unaccounted,
};
use linger_torture::verdict::{Kind, judge};

use crate::sound::{ALICE, Appending, BOB, SECOND_US, all, direct, general, sound};

const TIME: &str = "2026-11-21T10:00:01.000Z";

/// Bob's message in `general`, first edited by him, then with Carol's reaction.
fn edited() -> Message {
    let text = "the fixed text".to_owned();
    Message { text, edited_at: Some(TIME.to_owned()), revision: Some(6), ..all()[2].clone() }
}

fn reacted() -> Message {
    let reaction = Reaction { emoji: "👍".to_owned(), count: 1, users: vec!["carol".to_owned()] };
    Message { reactions: vec![reaction], revision: Some(7), ..edited() }
}

/// Bob's direct message to Alice, deleted.
fn deleted() -> Message {
    let (text, deleted_at, deleted_by) = (String::new(), Some(TIME.to_owned()), Some("bob".to_owned()));
    Message { text, deleted_at, deleted_by, revision: Some(8), ..all()[1].clone() }
}

fn change(by: &str, id: i64, act: Act) -> Change {
    Change { by: by.into(), id, act }
}

fn edit() -> Change {
    change("bob", 3, Act::Edit("the fixed text".into()))
}

fn react() -> Change {
    change("carol", 3, Act::React("👍".into()))
}

fn delete() -> Change {
    change("bob", 2, Act::Delete)
}

/// Returns a change and its acknowledgement by node 0.
fn acknowledged(change: Change, message: Option<&Message>) -> [Event; 2] {
    [Event::Changing(change.clone()), Event::Changed { change, node: 0, message: Digest::of(message) }]
}

/// Alice polls node 1 and receives these changes.
fn told(changed: &[Message], cursor: u64) -> [Event; 2] {
    let page = Page { node: 1, changed: Digest::of(changed), cursor, ..Page::default() };
    [Event::Answered { reader: ALICE, page, taken: true }, Event::Polled { reader: ALICE, times: 1 }]
}

fn shown(node: usize, user: &str, message: &Message) -> Event {
    Event::Shown { node, user: user.into(), asked_us: 0, messages: Digest::of([message]) }
}

/// The sound history, then the changes. Alice is told of the first two at once, and then of the third.
fn with_changes() -> History {
    let mut history = sound();
    let mut events = Vec::from(acknowledged(edit(), Some(&edited())));
    events.extend(acknowledged(react(), None));
    events.extend(told(&[reacted()], 4));
    events.extend(acknowledged(delete(), None));
    events.extend(told(&[deleted()], 5));
    events.extend([shown(0, "carol", &reacted()), shown(0, "alice", &deleted())]);
    let begin = history.events.len();
    Appending(&mut history).extend(events);
    for recorded in &mut history.events[begin..] {
        let before_us = recorded.at_us - 100;
        match &mut recorded.event {
            Event::Answered { page, .. } => page.asked_us = before_us,
            Event::Shown { asked_us, .. } => *asked_us = before_us,
            _ => {}
        }
    }
    for changed in [reacted(), deleted()] {
        let stored = history.stored.get_mut(&Conversation::of(&changed)).unwrap();
        let place = stored.iter_mut().find(|message| message.id == changed.id);
        *place.unwrap() = changed;
    }
    for view in &mut history.views {
        view.messages = Digest::of(&history.stored[&view.conversation]);
    }
    history
}

/// Returns the violations found after a fault has been planted.
fn found(plant: impl FnOnce(&mut History)) -> Vec<Kind> {
    let mut history = with_changes();
    plant(&mut history);
    judge(&history).violations.iter().map(|violation| violation.kind).collect()
}

/// Changes a stored message, and what all nodes show of it at the end.
fn store(history: &mut History, id: i64, change: impl FnOnce(&mut Message)) {
    let message = history.stored.values_mut().flatten().find(|message| message.id == id);
    change(message.unwrap());
    for view in &mut history.views {
        view.messages = Digest::of(&history.stored[&view.conversation]);
    }
}

/// Removes the events of this kind.
fn remove(history: &mut History, is_wanted: impl Fn(&Event) -> bool) {
    history.events.retain(|recorded| !is_wanted(&recorded.event));
}

/// Returns the answers that told Alice of changes.
fn tellings(history: &mut History) -> Vec<&mut Page> {
    let page = |event| match event {
        &mut Event::Answered { ref mut page, .. } if !page.changed.is_empty() => Some(page),
        _ => None,
    };
    history.events.iter_mut().filter_map(|recorded| page(&mut recorded.event)).collect()
}

/// Appends a request that a node is asked at this time, and answers.
fn append(history: &mut History, at_us: u64, mut event: Event) {
    if let Event::Shown { asked_us, .. } = &mut event {
        *asked_us = at_us;
    }
    Appending(history).extend([event]);
    let last = history.events.last_mut().unwrap();
    last.at_us = last.at_us.max(at_us + 1);
}

#[test]
fn a_sound_history_with_changes_has_no_violations_and_survives_writing() {
    assert_eq!(found(|_| {}), []);
    let (history, mut file) = (with_changes(), Vec::new());
    history.write(&mut file).unwrap();
    assert_eq!(History::read(&file[..]).unwrap(), history);
}

#[test]
fn an_acknowledged_change_that_is_not_stored_is_lost() {
    let text = found(|history| store(history, 3, |message| message.text = all()[2].text.clone()));
    assert!(text.contains(&Lost) || text.contains(&Ghost), "{text:?}");
    let last = found(|history| {
        let again = change("bob", 3, Act::Edit("the text after that".into()));
        let message = Message { text: "the text after that".to_owned(), revision: Some(9), ..reacted() };
        Appending(history).extend(acknowledged(again, Some(&message)));
    });
    assert!(last.contains(&Lost), "{last:?}");
    let reaction = found(|history| store(history, 3, |message| message.reactions.clear()));
    assert!(reaction.contains(&Lost), "{reaction:?}");
    let taken_back = found(|history| {
        Appending(history).extend(acknowledged(change("carol", 3, Act::Unreact("👍".into())), None));
    });
    assert_eq!(taken_back, [Lost]);
    let deletion = found(|history| store(history, 2, |message| *message = all()[1].clone()));
    assert!(deletion.contains(&Lost), "{deletion:?}");
}

#[test]
fn a_change_whose_outcome_is_unknown_may_be_stored_or_not() {
    let other = |act| change("carol", 5, act);
    for change in [edit(), react(), other(Act::React("👀".into())), other(Act::Edit("never stored".into()))] {
        let unknown = found(|history| {
            let fault = linger_torture::history::FaultKind::KillNode;
            let unknown = Event::Unchanged { change: change.clone(), status: None };
            Appending(history).extend([Event::FaultBegins { fault }, Event::Changing(change), unknown]);
        });
        assert_eq!(unknown, []);
    }
}

#[test]
fn a_change_that_nobody_asked_for_is_a_ghost() {
    for wanted in [edit(), react(), delete()] {
        let ghost = found(|history| {
            remove(history, |event| match event {
                Event::Changing(change) | Event::Changed { change, .. } => *change == wanted,
                _ => false,
            });
        });
        assert_eq!(ghost, [Ghost], "{wanted:?}");
    }
    let newer = found(|history| {
        let newer = Message { revision: Some(9), ..reacted() };
        Appending(history).extend([shown(0, "carol", &newer)]);
    });
    assert_eq!(newer, [Ghost], "a revision beyond the stored one");
}

#[test]
fn two_forms_of_one_revision_are_altered() {
    let another = Message { text: "another text".to_owned(), ..edited() };
    let copies = found(|history| {
        let at = history.events.iter().position(|recorded| matches!(recorded.event, Event::Changing(_))).unwrap();
        let mut recorded = history.events[at].clone();
        recorded.event = shown(1, "carol", &another);
        history.events.insert(at, recorded);
    });
    assert_eq!(copies, [Altered], "of a revision that was not the last");
    let last = found(|history| {
        let another = Message { text: "another text".to_owned(), ..reacted() };
        Appending(history).extend([shown(1, "carol", &another)]);
    });
    assert_eq!(last, [Altered]);
    let unchanged = found(|history| tellings(history)[0].changed = Digest::of([&all()[2]]));
    assert!(unchanged.contains(&Altered), "a message without a revision has not changed: {unchanged:?}");
}

#[test]
fn an_older_revision_on_a_node_that_showed_a_newer_one_is_reverted() {
    let later = |node, message: &Message| found(|history| append(history, 90_000, shown(node, "carol", message)));
    assert_eq!(later(0, &edited()), [Reverted], "to one edit");
    assert_eq!(later(0, &all()[2]), [Reverted], "to the message as sent");
    assert_eq!(later(1, &edited()), [Reverted], "which Alice was told");
    let polled = found(|history| {
        Appending(history).extend([shown(2, "carol", &reacted())]);
        Appending(history).extend(told(&[edited()], 6));
        for recorded in history.events.iter_mut().rev().take(2) {
            if let Event::Answered { page, .. } = &mut recorded.event {
                (page.node, page.asked_us) = (2, 90_000);
            }
        }
    });
    assert_eq!(polled, [], "a node's memory may be behind what it reads from the database");
    assert_eq!(later(2, &edited()), [], "another node has more time");
}

#[test]
fn a_text_that_appears_after_its_deletion_is_restored() {
    let later = |node| found(|history| append(history, 90_000, shown(node, "alice", &all()[1])));
    assert_eq!(later(0), [Restored], "on the node that acknowledged it");
    assert_eq!(later(2), [], "another node has more time");
    let too_late = found(|history| append(history, 3 * SECOND_US, shown(2, "alice", &all()[1])));
    assert_eq!(too_late, [Restored], "until it is up");
    let in_database = found(|history| store(history, 2, |message| message.text = all()[1].text.clone()));
    assert!(in_database.contains(&Restored), "{in_database:?}");
}

#[test]
fn an_edit_that_a_node_does_not_show_in_time_is_late() {
    assert_eq!(found(|history| append(history, 3 * SECOND_US, shown(2, "carol", &all()[2]))), [Late]);
}

#[test]
fn a_client_that_is_not_told_of_a_change_is_outdated() {
    let never = found(|history| {
        let [_, last] = &mut tellings(history)[..] else { unreachable!() };
        (last.changed, last.cursor) = (Digest::default(), 4);
    });
    assert_eq!(never, [Outdated]);
    let of_bob = found(|history| {
        for recorded in &mut history.events {
            if let Event::Connected { reader: BOB, changes, .. } = &mut recorded.event {
                *changes = true;
            }
        }
    });
    assert_eq!(of_bob, [Outdated; 2], "Bob's second connection need not know what it did not receive");
}

#[test]
fn an_answer_without_a_change_that_its_node_acknowledged_is_stale() {
    let stale = found(|history| {
        for page in tellings(history) {
            page.node = 0;
        }
        let [_, last] = &mut tellings(history)[..] else { unreachable!() };
        (last.changed, last.cursor) = (Digest::default(), 4);
        Appending(history).extend(told(&[deleted()], 5));
    });
    assert_eq!(stale, [Stale]);
}

#[test]
fn changes_and_positions_of_others_are_leaked_and_unasked_changes_refused() {
    let shown_to_carol = found(|history| Appending(history).extend([shown(1, "carol", &deleted())]));
    assert_eq!(shown_to_carol, [Leaked]);
    let unasked = found(|history| {
        for recorded in &mut history.events {
            if let Event::Answered { reader, page, .. } = &mut recorded.event
                && *reader == ALICE
                && !page.changed.is_empty()
            {
                *reader = BOB;
            } else if let Event::Polled { reader, times: 1 } = &mut recorded.event {
                *reader = BOB;
            }
        }
    });
    assert!(unasked.contains(&Refused), "{unasked:?}");
    let position =
        |conversation, last_read| found(|history| tellings(history)[0].positions.push((conversation, last_read)));
    assert_eq!(position(general(), 1), []);
    assert_eq!(position(general(), 3), [ReadTooFar]);
    assert_eq!(position(direct(), 1), [ReadTooFar], "it is Bob's");
    assert_eq!(position(Conversation::direct("x", "y"), 0), [Leaked]);
}

#[test]
fn a_cursor_moves_with_changes_and_positions_and_not_alone() {
    assert_eq!(found(|history| tellings(history)[1].cursor = 4), [CursorMoved], "it stayed");
    let alone = |positions: Vec<(Conversation, i64)>| {
        found(|history| {
            Appending(history).extend(told(&[], 6));
            if let Event::Answered { page, .. } = &mut history.events.iter_mut().rev().nth(1).unwrap().event {
                page.positions = positions;
            }
        })
    };
    assert_eq!(alone(vec![]), [CursorMoved]);
    assert_eq!(alone(vec![(general(), 0)]), []);
}

#[test]
fn a_change_without_an_outcome_or_with_an_unexplained_one_is_reported() {
    assert_eq!(found(|history| Appending(history).extend([Event::Changing(react())])), [Unaccounted]);
    let other = change("carol", 5, Act::React("👀".into()));
    let answered = acknowledged(other.clone(), None);
    assert_eq!(found(|history| Appending(history).extend(answered.into_iter().skip(1))), [Unaccounted]);
    let refused = |change: Change, status| {
        let unchanged = Event::Unchanged { change: change.clone(), status };
        found(|history| Appending(history).extend([Event::Changing(change), unchanged]))
    };
    assert_eq!(refused(other.clone(), Some(409)), [Refused], "the message is not deleted");
    assert_eq!(refused(change("alice", 2, Act::React("👀".into())), Some(409)), [], "this one is");
    assert_eq!(refused(other.clone(), Some(503)), [Refused], "nothing was broken");
    assert_eq!(refused(other, None), [Refused]);
    let version = Version { id: 3, revision: 6, fingerprint: 1 };
    assert!(found(|history| tellings(history)[0].changed.versions.push(version)).contains(&Altered));
}
