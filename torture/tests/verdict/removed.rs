//! Plants what may not happen after a removal from a private room.

use linger_torture::history::{Event, History, Recorded};
use linger_torture::verdict::Kind::{self, Ghost, Leaked};
use linger_torture::verdict::judge;

const SECOND_US: u64 = 1_000_000;

fn confiding(text: &str) -> Event {
    Event::Confiding { room: "den".into(), text: text.into() }
}

fn removed() -> Event {
    Event::Removed { room: "den".into(), user: "bob".into() }
}

fn admitting() -> Event {
    Event::Admitting { room: "den".into(), user: "bob".into() }
}

fn overheard(user: &str, asked_us: u64, texts: &[&str]) -> Event {
    let texts = texts.iter().map(|&text| text.into()).collect();
    Event::Overheard { room: "den".into(), user: user.into(), node: 1, asked_us, texts }
}

/// Judges events that happened one second after the other.
fn found(events: Vec<Event>) -> Vec<Kind> {
    let events = events.into_iter().zip(1..).map(|(event, at)| Recorded { at_us: at * SECOND_US, event }).collect();
    let mut history = History { events, ..History::default() };
    history.promises.visible_within_us = Some(SECOND_US);
    judge(&history).violations.iter().map(|violation| violation.kind).collect()
}

#[test]
fn members_hear_everything_and_removed_users_what_they_may_have_had() {
    assert_eq!(found(vec![confiding("one"), overheard("bob", 0, &["one"])]), []);
    assert_eq!(found(vec![confiding("one"), removed(), overheard("bob", 2 * SECOND_US, &["one"])]), []);
    let held = vec![confiding("one"), removed(), confiding("two"), overheard("bob", SECOND_US, &["one"])];
    assert_eq!(found(held), [], "it was asked for before");
    let others = vec![removed(), confiding("two"), overheard("carol", 0, &["two"])];
    assert_eq!(found(others), []);
    let again = vec![removed(), confiding("two"), admitting(), overheard("bob", 4 * SECOND_US, &["two"])];
    assert_eq!(found(again), [], "history is a member's to read");
}

#[test]
fn a_message_from_after_the_removal_is_leaked() {
    assert_eq!(found(vec![removed(), confiding("two"), overheard("bob", 0, &["two"])]), [Leaked]);
    let after_a_return = vec![removed(), admitting(), removed(), confiding("two"), overheard("bob", 0, &["two"])];
    assert_eq!(found(after_a_return), [Leaked]);
}

#[test]
fn an_older_message_asked_for_late_is_leaked() {
    let late = vec![confiding("one"), removed(), overheard("bob", 3 * SECOND_US + 1, &["one"])];
    assert_eq!(found(late), [Leaked]);
}

#[test]
fn a_message_that_nobody_sent_is_a_ghost() {
    assert_eq!(found(vec![overheard("bob", 0, &["one"])]), [Ghost]);
}
