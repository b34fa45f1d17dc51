//! The tail by itself.

use super::*;

fn event(id: EventId) -> Arc<Event> {
    let json = RawValue::from_string(format!("{:100}", id)).unwrap();
    let what = What::Message { revision: 0 };
    Arc::new(Event { id, seq: id, conversation_id: 1, what, fingerprint: id as u16, json })
}

#[test]
fn the_oldest_events_make_room_and_the_last_of_them_becomes_the_base() {
    let mut tail = Tail::new(5 * event(1).bytes(), &[], true);
    (1..=8).for_each(|id| tail.push(event(id)));
    assert_eq!(tail.newest(), Place { id: 8, fingerprint: 8 });
    assert!(tail.after(2).is_none(), "message 3 is gone");
    let ids = |place| tail.after(place).unwrap().map(|event| event.id).collect::<Vec<_>>();
    assert_eq!(ids(3), [4, 5, 6, 7, 8]);
    assert_eq!(ids(6), [7, 8]);
    assert!(ids(8).is_empty());
    assert_eq!((tail.fingerprint_at(2), tail.fingerprint_at(3), tail.fingerprint_at(4)), (None, Some(3), Some(4)));
}

#[test]
fn the_changes_of_a_users_memberships_are_listed_as_long_as_they_are_here() {
    let membership = |id, user, room| Arc::new(Event::bare(id, 0, room, What::Membership { user }));
    let mut tail = Tail::new(3 * membership(1, 1, 1).bytes(), &[], true);
    for (id, user, room) in [(1, 7, 10), (2, 8, 11), (3, 7, 12), (4, 7, 10)] {
        tail.push(membership(id, user, room));
    }
    assert_eq!(tail.memberships_after(0, 7), [12, 10], "the oldest made room");
    assert_eq!(tail.memberships_after(3, 7), [10]);
    assert_eq!((tail.memberships_after(1, 8), tail.memberships_after(2, 8)), (vec![11], vec![]));
    assert_eq!(tail.memberships.len(), 3);
}

#[test]
fn a_change_replaces_the_message_and_empties_the_place_of_the_earlier_change() {
    let change = |id, text: &str| {
        let json = RawValue::from_string(format!("\"{text}\"")).unwrap();
        let what = What::Changed { message: 1 };
        Arc::new(Event { id, seq: 1, conversation_id: 1, what, fingerprint: id as u16, json })
    };
    let mut tail = Tail::new(1 << 20, &[], true);
    tail.push(event(1));
    tail.push(change(2, "second"));
    tail.push(change(3, "third"));
    let at = |id| tail.find(id).unwrap();
    assert_eq!((at(1).json.get(), at(1).what), ("\"third\"", What::Message { revision: 3 }));
    assert_eq!((at(2).json.get(), at(2).what, at(2).fingerprint), ("null", What::Superseded, 2));
    assert_eq!(at(3).json.get(), "\"third\"");
    let expected: usize = (1..=3).map(|id| at(id).bytes()).sum();
    assert_eq!(tail.size().bytes, expected);
    (4..)
        .take_while(|&id| {
            tail.push(Arc::new(Event {
                json: RawValue::from_string(format!("{:60000}", id)).unwrap(),
                ..Event::empty(id, 0)
            }));
            !tail.changes.is_empty()
        })
        .for_each(drop);
    assert!(tail.find(3).is_none() && tail.fingerprint_at(3) == Some(3));
}

#[test]
fn a_message_that_was_changed_while_the_tail_was_filled_is_as_it_is_now() {
    let stored = |text: &str| StoredMessage {
        conversation_id: 1,
        sent_at_ms: 0,
        message: linger_api::Message { id: 1, seq: 1, text: text.to_owned(), ..linger_api::Message::default() },
    };
    let change =
        |id, text| StoredEvent::Change(StoredChange { id, changed_at_ms: 0, what: Changed::Message(stored(text)) });
    let tail =
        Tail::new(1 << 20, &[change(3, "third"), change(2, "second"), StoredEvent::Message(stored("first"))], true);
    let at = |id| tail.find(id).unwrap();
    assert!(at(1).json.get().contains("third") && at(1).what == What::Message { revision: 3 });
    assert_eq!(at(2).what, What::Superseded);
}
