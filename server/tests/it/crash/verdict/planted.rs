//! The verdict itself is tested: with a history that is as it should be, and with one fault planted in it.

use linger_api::Message;

use super::Kind::{self, Altered, Disordered, Doubled, Gap, Hole, Leaked, Lost, ReadTooFar, Refused};
use super::violations;
use crate::crash::record::{Conversation, Event, History};

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

fn message(id: i64, seq: i64, from: &str, to: Option<&str>) -> Message {
    Message {
        id,
        seq,
        room_id: to.is_none().then_some(1),
        room: to.is_none().then(|| "general".to_owned()),
        from: from.to_owned(),
        to: to.map(str::to_owned),
        text: format!("message {id}"),
        sent_at: "2026-11-21T10:00:00.000Z".to_owned(),
    }
}

/// Alice, bob and carol are in `general`, alice and bob also talk in private. Carol does not acknowledge.
fn sound() -> History {
    let (general, direct) = (Conversation::room("general"), Conversation::direct("alice", "bob"));
    let all = [
        message(1, 1, "alice", None),
        message(2, 1, "bob", Some("alice")),
        message(3, 2, "bob", None),
        message(4, 2, "alice", Some("bob")),
        message(5, 3, "carol", None),
    ];
    let in_general = |messages: &[Message]| messages.iter().filter(|m| m.to.is_none()).cloned().collect();
    let connected = |reader, user: &str| Event::Connected { reader, user: user.to_owned(), messages: vec![] };
    let mut events = vec![connected(ALICE, "alice"), connected(BOB, "bob"), connected(CAROL, "carol")];
    for message in all.clone() {
        let text = message.text.clone();
        events.extend([Event::Sending { text }, Event::Sent { message }]);
    }
    for (reader, messages) in [(ALICE, all.to_vec()), (BOB, all.to_vec()), (CAROL, in_general(&all))] {
        let (first, second) = messages.split_at(2);
        events.extend([first, second].map(|page| Event::Answered { reader, messages: page.to_vec() }));
    }
    events.push(Event::Acknowledging { reader: BOB });
    events.extend([("alice", 1), ("bob", 3), ("carol", 0)].map(|(user, last_read)| Event::Status {
        user: user.to_owned(),
        conversation: general.clone(),
        newest: 3,
        last_read,
    }));
    // Bob comes again: all is read. Carol comes again: all is unread.
    events.push(connected(BOB, "bob"));
    events.push(Event::Connected { reader: CAROL, user: "carol".to_owned(), messages: in_general(&all) });
    let direct_messages = all.iter().filter(|m| m.to.is_some()).cloned().collect();
    History {
        members: [("alice", vec![&general, &direct]), ("bob", vec![&general, &direct]), ("carol", vec![&general])]
            .map(|(user, conversations)| (user.to_owned(), conversations.into_iter().cloned().collect()))
            .into(),
        events,
        stored: [(general.clone(), in_general(&all)), (direct.clone(), direct_messages)].into(),
    }
}

/// What is found in the sound history once something was done to it.
fn found(plant: impl FnOnce(&mut History)) -> Vec<Kind> {
    let mut history = sound();
    plant(&mut history);
    violations(&history).iter().map(|violation| violation.kind).collect()
}

/// A reader's pages, in order.
fn pages<'a>(history: &'a mut History, wanted: usize) -> Vec<&'a mut Vec<Message>> {
    let page = |event: &'a mut Event| match event {
        Event::Answered { reader, messages } if *reader == wanted => Some(messages),
        _ => None,
    };
    history.events.iter_mut().filter_map(page).collect()
}

fn general(history: &mut History) -> &mut Vec<Message> {
    history.stored.get_mut(&Conversation::room("general")).unwrap()
}

/// Sets what `/status` said to a user.
fn set_status(history: &mut History, wanted: &str, status: (i64, i64)) {
    for event in &mut history.events {
        if let Event::Status { user, newest, last_read, .. } = event
            && user == wanted
        {
            (*newest, *last_read) = status;
        }
    }
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    assert_eq!(found(|_| {}), []);
}

#[test]
fn an_acknowledged_message_that_is_not_in_store_is_lost() {
    // Nobody got it either, so that nothing else is wrong.
    let lost = found(|history| {
        let message = message(6, 4, "alice", None);
        let text = message.text.clone();
        history.events.extend([Event::Sending { text }, Event::Sent { message }]);
    });
    assert_eq!(lost, [Lost]);
    assert_eq!(found(|history| set_status(history, "carol", (2, 0))), [Lost], "for a while");
}

#[test]
fn a_message_that_is_stored_or_given_twice_is_doubled() {
    let stored_again = found(|history| {
        let mut again = message(6, 4, "carol", None);
        again.text = "message 5".to_owned();
        general(history).push(again);
    });
    assert!(stored_again.contains(&Doubled), "{stored_again:?}");
    let given_again = found(|history| {
        let last = pages(history, ALICE)[0].last().cloned().unwrap();
        pages(history, ALICE)[1].insert(0, last);
    });
    assert_eq!(given_again, [Doubled], "by the next answer");
    let twice_in_one = found(|history| {
        let first = pages(history, ALICE)[1][0].clone();
        pages(history, ALICE)[1].insert(1, first);
    });
    assert_eq!(twice_in_one, [Doubled], "in one answer");
}

#[test]
fn messages_out_of_order_are_found_in_answers_in_store_and_between_sends() {
    assert_eq!(found(|history| pages(history, ALICE)[1].swap(0, 1)), [Disordered]);
    let between_answers = found(|history| {
        let first = pages(history, BOB)[0].remove(0);
        pages(history, BOB)[1].push(first);
    });
    assert_eq!(between_answers, [Hole, Disordered], "it is missed at first");
    let in_store = found(|history| {
        let messages = general(history);
        (messages[0].id, messages[1].id) = (3, 1);
    });
    assert!(in_store.contains(&Disordered), "{in_store:?}");
    // The send of 5 is answered before the send of 4 begins.
    assert_eq!(found(|history| history.events[9..13].rotate_left(2)), [Disordered]);
}

#[test]
fn a_missing_seq_is_a_gap() {
    let gap = found(|history| general(history)[2].seq = 4);
    assert!(gap.contains(&Gap), "{gap:?}");
}

#[test]
fn a_message_left_out_is_a_hole_between_cursors_and_at_the_end() {
    assert_eq!(found(|history| drop(pages(history, ALICE)[0].remove(1))), [Hole], "in the first page");
    assert_eq!(found(|history| drop(pages(history, ALICE)[1].remove(0))), [Hole], "between two");
    assert_eq!(found(|history| drop(pages(history, ALICE)[1].pop())), [Hole], "at the end");
    let never_shown_as_unread = found(|history| match history.events.last_mut() {
        Some(Event::Connected { messages, .. }) => drop(messages.remove(0)),
        _ => unreachable!("carol's return comes last"),
    });
    assert_eq!(never_shown_as_unread, [Hole], "on coming back");
}

#[test]
fn what_was_not_acknowledged_comes_again_on_coming_back() {
    let unacknowledged = |event: &Event| !matches!(event, Event::Acknowledging { .. });
    let found = found(|history| {
        set_status(history, "bob", (3, 0));
        history.events.retain(unacknowledged);
    });
    // Of five messages only his own first private one, with nothing unread before it, need not come.
    assert_eq!(found, [Hole; 4]);
}

#[test]
fn a_private_message_at_a_third_user_is_leaked() {
    let answered = found(|history| pages(history, CAROL)[1].insert(0, message(4, 2, "alice", Some("bob"))));
    assert_eq!(answered, [Leaked]);
    let in_history = found(|history| {
        let stray = general(history).remove(2);
        let direct = Conversation::direct("bob", "alice");
        history.stored.get_mut(&direct).unwrap().push(Message { seq: 3, ..stray });
    });
    assert!(in_history.contains(&Leaked), "{in_history:?}");
}

#[test]
fn a_message_that_changed_or_came_from_nowhere_is_altered() {
    assert_eq!(found(|history| pages(history, CAROL)[0][0].from = "bob".to_owned()), [Altered, Hole]);
    let unsent = found(|history| {
        let last = history.events.len() - 1;
        general(history).push(message(6, 4, "carol", None));
        if let Event::Connected { messages, .. } = &mut history.events[last] {
            messages.push(message(6, 4, "carol", None));
        }
    });
    assert!(unsent.contains(&Altered), "{unsent:?}");
}

#[test]
fn a_position_beyond_what_was_acknowledged_is_read_too_far() {
    assert_eq!(found(|history| set_status(history, "carol", (3, 1))), [ReadTooFar]);
    // Alice's own first message counts as read; bob's after it does not.
    assert_eq!(found(|history| set_status(history, "alice", (3, 2))), [ReadTooFar]);
    assert_eq!(found(|history| set_status(history, "bob", (3, 0))), [], "less may be left of it after a crash");
}

#[test]
fn an_answer_that_nothing_explains_is_reported() {
    let refused = || Event::Refused { what: "401".to_owned() };
    assert_eq!(found(|history| history.events.push(refused())), [Refused]);
}
