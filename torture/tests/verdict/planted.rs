//! Plants one fault at a time in an otherwise sound history.

use linger_api::Message;
use linger_torture::history::{Conversation, Digest, Event, FaultKind, History, Page};
use linger_torture::verdict::Kind::{
    Altered, CursorMoved, Differing, Disordered, Doubled, Gap, Ghost, Hole, Late, Leaked, Lost, ReadTooFar, Refused,
    Stale, Unaccounted,
};

use crate::sound::{
    ALICE, Appending, BOB, CAROL, SECOND_US, all, break_everything, direct, edit, edit_page, found, general, message,
    pages, send, set_status, sound, stored,
};

#[test]
fn a_sound_history_has_no_violations() {
    assert_eq!(found(|_| {}), []);
}

#[test]
fn a_history_survives_writing_and_reading() {
    let (history, mut file) = (sound(), Vec::new());
    history.write(&mut file).unwrap();
    assert_eq!(History::read(&file[..]).unwrap(), history);
    let error = History::read(&b"{\"promises\":{\"recovers_within_us\":1}}\n{}"[..]).unwrap_err();
    assert!(error.to_string().contains("line 2"), "{error}");
}

#[test]
fn an_acknowledged_message_that_is_not_stored_is_lost() {
    // No reader received it either, so nothing else is wrong.
    let lost = found(|history| Appending(history).extend(send(&message(6, 4, "alice", None), 0)));
    assert_eq!(lost, [Lost]);
    assert_eq!(found(|history| set_status(history, "carol", (2, 0))), [Lost], "at least for a while");
    let on_one_node = found(|history| edit(&mut history.views[0].messages, |messages| drop(messages.pop())));
    assert_eq!(on_one_node, [Lost]);
}

#[test]
fn a_message_that_is_stored_or_delivered_twice_is_doubled() {
    let stored_again = found(|history| {
        let mut again = message(6, 4, "carol", None);
        again.text = "message 5".to_owned();
        stored(history).push(again);
    });
    assert!(stored_again.contains(&Doubled), "{stored_again:?}");
    let by_the_next = found(|history| edit_page(history, ALICE, 1, |messages| messages.insert(0, all()[1].clone())));
    assert_eq!(by_the_next, [Doubled], "by the next answer");
    let in_one = found(|history| edit_page(history, ALICE, 1, |messages| messages.insert(1, messages[0].clone())));
    assert_eq!(in_one, [Doubled], "in one answer");
    let one_id = found(|history| stored(history)[1].id = 4);
    assert!(one_id.contains(&Doubled), "{one_id:?}");
}

#[test]
fn messages_out_of_order_are_found_in_answers_in_the_store_and_between_sends() {
    assert_eq!(found(|history| edit_page(history, ALICE, 1, |messages| messages.swap(0, 1))), [Disordered]);
    let between_answers = found(|history| {
        edit_page(history, BOB, 0, |messages| drop(messages.remove(0)));
        edit_page(history, BOB, 1, |messages| messages.push(all()[0].clone()));
    });
    assert_eq!(between_answers, [Hole, Disordered, Disordered], "it is missing at first, then arrives behind others");
    let in_store = found(|history| {
        let messages = stored(history);
        (messages[0].id, messages[1].id) = (3, 1);
    });
    assert!(in_store.contains(&Disordered), "{in_store:?}");
    // The send of 5 is answered before the send of 4 begins.
    let between_sends = found(|history| {
        let mut sends: Vec<_> = history.events[9..13].iter().map(|recorded| recorded.event.clone()).collect();
        sends.rotate_left(2);
        history.events[9..13].iter_mut().zip(sends).for_each(|(recorded, event)| recorded.event = event);
    });
    assert_eq!(between_sends, [Disordered]);
}

#[test]
fn a_node_that_shows_another_order_or_other_contents_differs() {
    assert_eq!(found(|history| edit(&mut history.views[0].messages, |messages| messages.swap(0, 1))), [Differing]);
    assert_eq!(found(|history| history.views[2].messages.sum += 1), [Differing]);
    let twice = found(|history| edit(&mut history.views[1].messages, |messages| messages.push(all()[1].clone())));
    assert_eq!(twice, [Differing]);
}

#[test]
fn a_missing_seq_is_a_gap() {
    let gap = found(|history| stored(history)[2].seq = 4);
    assert!(gap.contains(&Gap), "{gap:?}");
}

#[test]
fn a_skipped_message_is_a_hole_between_cursors_and_at_the_end() {
    assert_eq!(found(|history| edit_page(history, ALICE, 0, |page| drop(page.remove(0)))), [Hole], "in the first page");
    assert_eq!(found(|history| edit_page(history, ALICE, 1, |page| drop(page.remove(0)))), [Hole], "between two");
    let at_the_end = found(|history| edit_page(history, ALICE, 1, |page| drop(page.pop())));
    assert_eq!(at_the_end, [Hole], "at the end");
    let never_shown_as_unread = found(|history| {
        let again = history.events.iter_mut().rev().find_map(|recorded| match &mut recorded.event {
            Event::Connected { page, .. } => Some(page),
            _ => None,
        });
        edit(&mut again.expect("carol's return").messages, |messages| drop(messages.remove(0)));
    });
    assert_eq!(never_shown_as_unread, [Hole], "after a reconnect");
}

#[test]
fn unacknowledged_messages_must_arrive_again_after_a_reconnect() {
    let found = found(|history| {
        set_status(history, "bob", (3, 0));
        history.events.retain(|recorded| !matches!(recorded.event, Event::Acknowledging { .. }));
    });
    // Of the five messages, only Bob's own first direct message need not arrive, as nothing before it is unread.
    assert_eq!(found.iter().filter(|kind| **kind == Hole).count(), 4, "{found:?}");
}

#[test]
fn a_discarded_answer_must_arrive_again() {
    let untaken = |history: &mut History, ids: &[i64]| {
        let messages = all().into_iter().filter(|message| ids.contains(&message.id)).collect::<Vec<_>>();
        let page = Page {
            node: 1,
            asked_us: 12_500,
            messages: Digest::of(&messages),
            more: true,
            cursor: 9,
            ..Page::default()
        };
        let at = history.events.iter().position(|r| matches!(r.event, Event::Answered { .. })).unwrap();
        let mut lost = history.events[at].clone();
        lost.event = Event::Answered { reader: ALICE, page, taken: false };
        history.events.insert(at, lost);
        Appending(history).extend([Event::Polled { reader: ALICE, times: 1 }]);
    };
    assert_eq!(found(|history| untaken(history, &[1])), []);
    assert_eq!(found(|history| untaken(history, &[1, 3])), [Hole], "a discarded answer is checked too");
}

#[test]
fn a_direct_message_shown_to_a_third_user_is_leaked() {
    let answered = found(|history| edit_page(history, CAROL, 1, |page| page.insert(0, all()[3].clone())));
    assert_eq!(answered, [Leaked]);
    let in_history = found(|history| {
        let stray = stored(history).remove(2);
        history.stored.get_mut(&direct()).unwrap().push(Message { seq: 3, ..stray });
    });
    assert!(in_history.contains(&Leaked), "{in_history:?}");
    let told =
        Event::Status { user: "carol".into(), conversation: Conversation::direct("x", "y"), newest: 1, last_read: 0 };
    assert_eq!(found(|history| Appending(history).extend([told])), [Leaked]);
}

#[test]
fn a_changed_message_is_altered() {
    assert_eq!(found(|history| edit_page(history, CAROL, 0, |page| page[0].from = "bob".to_owned())), [Altered]);
    let acknowledged = found(|history| {
        let mut changed = all()[0].clone();
        changed.sent_at = "2026-11-21T10:00:00.001Z".to_owned();
        Appending(history).extend(send(&changed, 0));
    });
    assert_eq!(acknowledged, [Altered], "in a second acknowledgement");
    let from_another = found(|history| {
        if let Event::Sending { by, .. } = &mut history.events[3].event {
            *by = "carol".into();
        }
    });
    assert_eq!(from_another, [Altered]);
}

#[test]
fn a_message_that_nobody_sent_is_a_ghost() {
    let ghost = || message(6, 4, "carol", None);
    let shown = found(|history| edit_page(history, CAROL, 1, |page| page.push(ghost())));
    assert_eq!(shown, [Ghost], "to a reader");
    let in_store = found(|history| stored(history).push(ghost()));
    assert!(in_store.contains(&Ghost), "{in_store:?}");
    let on_one_node = found(|history| edit(&mut history.views[0].messages, |messages| messages.push(ghost())));
    assert_eq!(on_one_node, [Ghost]);
}

#[test]
fn a_cursor_that_goes_back_moves_alone_or_stays_is_reported() {
    assert_eq!(found(|history| pages(history, ALICE)[1].cursor = 1), [CursorMoved], "back");
    assert_eq!(found(|history| pages(history, BOB)[2].cursor = 4), [CursorMoved], "without messages");
    assert_eq!(found(|history| pages(history, CAROL)[1].cursor = 2), [CursorMoved], "not with messages");
}

#[test]
fn a_node_that_does_not_show_what_it_acknowledged_is_stale() {
    let looked = |node, newest| Event::Looked { node, asked_us: 20_000, conversation: general(), newest };
    assert_eq!(found(|history| Appending(history).extend([looked(0, 2)])), [Stale]);
    assert_eq!(found(|history| Appending(history).extend([looked(1, 2)])), [], "another node has more time");
    let polled = |node| {
        found(|history| {
            edit_page(history, ALICE, 1, |page| drop(page.pop()));
            pages(history, ALICE)[1].node = node;
            let messages = Digest::of([&all()[4]]);
            let page = Page { node, asked_us: 20_000, messages, cursor: 4, ..Page::default() };
            let answered = Event::Answered { reader: ALICE, page, taken: true };
            Appending(history).extend([answered, Event::Polled { reader: ALICE, times: 1 }]);
        })
    };
    assert_eq!(polled(0), [Stale]);
    assert_eq!(polled(1), []);
}

#[test]
fn a_message_that_arrives_later_than_promised_is_late() {
    let late_us = 2 * SECOND_US;
    let looked = |newest| Event::Looked { node: 1, asked_us: late_us, conversation: general(), newest };
    let look = |history: &mut History, newest| {
        Appending(history).extend([looked(newest)]);
        history.events.last_mut().unwrap().at_us = late_us;
    };
    assert_eq!(found(|history| look(history, 3)), []);
    assert_eq!(found(|history| look(history, 2)), [Late]);
    let waited = |history: &mut History| {
        let first = history.events.iter().position(|r| matches!(r.event, Event::Answered { .. })).unwrap();
        history.events[first..].iter_mut().for_each(|recorded| recorded.at_us += late_us);
    };
    let waiting = found(waited);
    // Alice's and Bob's five messages, Carol's three, and Carol's three again.
    assert_eq!(waiting, [Late; 16], "a waiting reader must be answered soon");
    let explained = found(|history| {
        waited(history);
        break_everything(history, FaultKind::BlackHole);
    });
    assert_eq!(explained, [], "unless the database is unreachable");
    let not_explained = found(|history| {
        waited(history);
        break_everything(history, FaultKind::ListenDead);
    });
    assert_eq!(not_explained.len(), 16, "a missing notification is no excuse");
}

#[test]
fn a_position_beyond_what_was_acknowledged_is_read_too_far() {
    assert_eq!(found(|history| set_status(history, "carol", (3, 1))), [ReadTooFar]);
    // Alice's own first message counts as read; Bob's after it does not.
    assert_eq!(found(|history| set_status(history, "alice", (3, 2))), [ReadTooFar]);
    assert_eq!(found(|history| set_status(history, "bob", (3, 0))), [], "a crash may set the position back");
}

#[test]
fn a_request_without_an_outcome_is_unaccounted() {
    let [sending, sent] = send(&all()[0], 0);
    let never_answered = found(|history| Appending(history).extend([sending.clone()]));
    assert_eq!(never_answered, [Unaccounted]);
    assert_eq!(found(|history| Appending(history).extend([sent])), [Unaccounted], "an outcome without a request");
    let unanswered = Event::Unanswered { text: "message 1".into(), status: None };
    let failed = found(|history| {
        Appending(history).extend([sending, unanswered]);
        break_everything(history, FaultKind::KillNode);
    });
    assert_eq!(failed, []);
    let polled = Event::Polled { reader: CAROL, times: 1 };
    assert_eq!(found(|history| Appending(history).extend([polled])), [Unaccounted]);
}

#[test]
fn an_unexplained_answer_or_failure_is_refused() {
    let refused = Event::Refused { what: "401".to_owned() };
    assert_eq!(found(|history| Appending(history).extend([refused])), [Refused]);
    let unheard = [Event::Unheard { reader: CAROL, status: Some(503) }, Event::Polled { reader: CAROL, times: 1 }];
    let fails = |fault: Option<FaultKind>, later_us| {
        found(|history| {
            if let Some(fault) = fault {
                break_everything(history, fault);
            }
            Appending(history).extend(unheard.clone());
            history.events.iter_mut().rev().take(2).for_each(|recorded| recorded.at_us += later_us);
        })
    };
    assert_eq!(fails(None, 0), [Refused], "nothing was broken");
    assert_eq!(fails(Some(FaultKind::KillPostgres), 0), [], "it had just been");
    assert_eq!(fails(Some(FaultKind::KillPostgres), 2 * SECOND_US), [Refused], "that was long ago");
    assert_eq!(fails(Some(FaultKind::Delay), 0), [Refused], "a delay only slows requests down");
    let crashed = [Event::Unheard { reader: CAROL, status: Some(500) }, Event::Polled { reader: CAROL, times: 1 }];
    let fails = found(|history| {
        break_everything(history, FaultKind::KillPostgres);
        Appending(history).extend(crashed);
    });
    assert_eq!(fails, [Refused], "nothing explains 500");
}
