//! Plants what may not happen after a user was shut out of a private room.

use linger_torture::history::{Event, Exit, History, Recorded};
use linger_torture::verdict::Kind::{self, Ghost, Leaked};
use linger_torture::verdict::judge;

const SECOND_US: u64 = 1_000_000;

fn confiding(text: &str) -> Event {
    Event::Confiding { room: "den".into(), text: text.into() }
}

fn shut_out(how: Exit) -> Event {
    Event::ShutOut { room: "den".into(), user: "bob".into(), node: 0, how }
}

fn removed() -> Event {
    shut_out(Exit::Removed)
}

fn admitting() -> Event {
    Event::Admitting { room: "den".into(), user: "bob".into() }
}

fn overheard(user: &str, asked_us: u64, texts: &[&str]) -> Event {
    let texts = texts.iter().map(|&text| text.into()).collect();
    Event::Overheard { room: "den".into(), user: user.into(), node: 1, asked_us, is_about_room: false, texts }
}

/// An answer without messages of the room.
fn answered(is_about_room: bool) -> Event {
    Event::Overheard { room: "den".into(), user: "bob".into(), node: 1, asked_us: 0, is_about_room, texts: vec![] }
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
fn a_session_may_take_a_second_to_end() {
    for how in [Exit::Disabled, Exit::SignedOut] {
        let soon = vec![shut_out(how), confiding("two"), overheard("bob", 0, &["two"])];
        let events = soon.into_iter().zip([10, 11, 12]).map(|(event, at)| Recorded { at_us: at, event }).collect();
        let mut history = History { events, ..History::default() };
        history.promises.visible_within_us = Some(SECOND_US);
        assert!(judge(&history).is_good());
        assert_eq!(found(vec![shut_out(how), confiding("two"), overheard("bob", 0, &["two"])]), [Leaked]);
    }
}

#[test]
fn an_older_message_asked_for_late_is_leaked() {
    let late = vec![confiding("one"), removed(), overheard("bob", 3 * SECOND_US + 1, &["one"])];
    assert_eq!(found(late), [Leaked]);
}

#[test]
fn nobody_is_answered_after_the_end_of_the_session() {
    for how in [Exit::Disabled, Exit::SignedOut] {
        assert_eq!(found(vec![shut_out(how), answered(false)]), [], "a node may take a second to follow");
        assert_eq!(found(vec![shut_out(how), admitting(), answered(false)]), []);
        assert_eq!(found(vec![shut_out(how), confiding("one"), answered(false)]), [Leaked]);
    }
}

#[test]
fn a_removed_user_polls_on_and_no_longer_subscribes() {
    assert_eq!(found(vec![removed(), confiding("one"), answered(false)]), []);
    assert_eq!(found(vec![removed(), confiding("one"), answered(true)]), [Leaked]);
}

#[test]
fn the_time_until_another_node_ends_a_held_request_is_measured() {
    let away = |node, asked_us| Event::TurnedAway { room: "den".into(), user: "bob".into(), node, asked_us };
    let events = vec![removed(), away(1, 0), away(0, 0), away(1, 2 * SECOND_US)];
    let events = events.into_iter().zip(1..).map(|(event, at)| Recorded { at_us: at * SECOND_US, event }).collect();
    let verdict = judge(&History { events, ..History::default() });
    assert_eq!(verdict.figures.endings.count(), 1, "neither on the same node, nor asked for later");
    assert_eq!(verdict.figures.endings.max().as_secs(), 1);
}

#[test]
fn a_message_that_nobody_sent_is_a_ghost() {
    assert_eq!(found(vec![overheard("bob", 0, &["one"])]), [Ghost]);
}

#[test]
fn users_who_were_shut_out_are_not_answered_for_ever_even_if_nothing_is_promised() {
    for (how, is_about_room) in [(Exit::Removed, true), (Exit::Disabled, false), (Exit::SignedOut, false)] {
        for (seconds, expected) in [(9, 0), (12, 1)] {
            let late = seconds * SECOND_US;
            let events = [(1, shut_out(how)), (late, answered(is_about_room))];
            let events = events.into_iter().map(|(at_us, event)| Recorded { at_us, event }).collect();
            let verdict = judge(&History { events, ..History::default() });
            assert_eq!(verdict.count(Leaked), expected, "{how:?} after {seconds} s");
        }
    }
}
