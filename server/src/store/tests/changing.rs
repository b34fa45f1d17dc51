//! Changing messages, and reading the line with its changes.

use super::{guest, on_both, room, say, texts, write};
use crate::domain::ids::{ConversationId, EventId, Seq};
use crate::store::{Changed, RoomChange, Store, StoredChange, StoredEvent, StoredMessage, User};

/// Edits a message, and returns the place of the change.
async fn edit(store: &Store, conversation: ConversationId, seq: Seq, text: &str) -> EventId {
    write(store, async |transaction| {
        let found = transaction.find_changeable(1, conversation, seq).await?.unwrap();
        Ok(transaction.edit_message(&found.stored, text).await?.0)
    })
    .await
}

pub(super) async fn react(store: &Store, seq: Seq, user: &User, adds: bool) -> Option<Vec<(String, i64, Vec<String>)>> {
    let done = write(store, async |transaction| {
        let found = transaction.find_changeable(user.id, 1, seq).await?.unwrap();
        transaction.react(&found.stored, (user.id, &user.name), "👍", adds).await
    })
    .await;
    let parts = |(_, reactions): (_, Vec<linger_api::Reaction>)| {
        reactions.into_iter().map(|reaction| (reaction.emoji, reaction.count, reaction.users)).collect()
    };
    done.map(parts)
}

fn changed(change: &StoredChange) -> &StoredMessage {
    match &change.what {
        Changed::Message(stored) => stored,
        other => panic!("{other:?}"),
    }
}

on_both! {
    async fn a_change_takes_the_next_place_and_empties_the_one_before(store) {
        let alice = guest(store, "alice").await;
        let (_, lobby) = room(store, "lobby", &alice).await;
        say(store, 1, &alice, &["one", "two"]).await;
        assert_eq!(edit(store, 1, 1, "ONE").await, 3);
        assert_eq!(edit(store, 1, 2, "TWO").await, 4);
        assert_eq!(edit(store, 1, 1, "One").await, 5);
        assert_eq!(store.find_heads().await.unwrap().event, 5);
        assert_eq!(say(store, lobby, &alice, &["three"]).await[0].message.id, 6);
        let found = store.find_message(1, 1).await.unwrap().unwrap();
        assert_eq!((found.message.text.as_str(), found.revision()), ("One", 5));
        assert_eq!(store.find_message(1, 3).await.unwrap(), None);
        for place in 1..=6 {
            assert!(store.find_event_time(place).await.unwrap().is_some(), "{place}");
        }
        let of = |events: &[StoredEvent]| -> Vec<(EventId, Option<String>)> {
            let text = |event: &StoredEvent| match event {
                StoredEvent::Message(stored) => Some(stored.message.text.clone()),
                StoredEvent::Change(change @ StoredChange { what: Changed::Message(_), .. }) => {
                    Some(changed(change).message.text.clone())
                }
                StoredEvent::Change(_) => None,
            };
            events.iter().map(|event| (event.id(), text(event))).collect()
        };
        let line: Vec<_> = [Some("One"), Some("TWO"), None, Some("TWO"), Some("One"), Some("three")]
            .into_iter().zip(1..).map(|(text, id)| (id, text.map(str::to_owned))).collect();
        assert_eq!(of(&store.list_events_between(1, 5, 2).await.unwrap()), line[1..3]);
        for (from, upto, limit) in (0..=6).flat_map(|from| (from..=6).flat_map(move |upto| (1..8).map(move |n| (from, upto, n)))) {
            let part = &line[from..upto];
            let found = store.list_events_between(from as i64, upto as i64, limit).await.unwrap();
            assert_eq!(of(&found), part[..part.len().min(limit)], "{from} to {upto}, {limit}");
            let mut newest = store.list_newest_events(upto as i64 + 1, limit).await.unwrap();
            newest.reverse();
            assert_eq!(of(&newest), line[upto.saturating_sub(limit)..upto], "before {upto}, {limit}");
        }
    }

    async fn catching_up_finds_each_changed_message_once(store) {
        let alice = guest(store, "alice").await;
        let (_, lobby) = room(store, "lobby", &alice).await;
        say(store, 1, &alice, &["one", "two"]).await;
        say(store, lobby, &alice, &["three"]).await;
        for n in 0..5 {
            edit(store, 1, 1, &format!("one {n}")).await;
        }
        edit(store, lobby, 1, "THREE").await;
        edit(store, 1, 2, "TWO").await;
        let found = async |after, upto, conversations: &[ConversationId], limit| {
            let changes = store.list_changed_messages(after, upto, conversations, limit).await.unwrap();
            let messages: Vec<_> = changes.iter().map(|change| changed(change).clone()).collect();
            texts(&messages).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(found(3, 10, &[1, lobby], 9).await, ["one 4", "THREE", "TWO"]);
        assert_eq!(found(3, 10, &[1], 9).await, ["one 4", "TWO"]);
        assert_eq!(found(8, 9, &[1, lobby], 9).await, ["THREE"]);
        assert_eq!(found(0, 10, &[1, lobby], 2).await, ["one 4", "THREE"]);
        assert_eq!(found(0, 10, &[], 2).await, [""; 0]);
    }

    async fn a_membership_change_is_found_once_and_by_its_user(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        let (_, lobby) = room(store, "lobby", &alice).await;
        for _ in 0..3 {
            write(store, async |transaction| transaction.insert_membership_change(bob.id, lobby).await).await;
        }
        let found = store.list_changed_memberships(bob.id, None, 0).await.unwrap();
        let [StoredChange { id: 3, what: Changed::Membership(membership), .. }] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!((membership.conversation_id, membership.user_id), (lobby, bob.id));
        assert_eq!(store.list_changed_memberships(bob.id, None, 3).await.unwrap(), []);
        assert_eq!(store.list_changed_memberships(alice.id, None, 0).await.unwrap(), []);
        let (_, other) = room(store, "other", &alice).await;
        write(store, async |transaction| transaction.insert_membership_change(bob.id, other).await).await;
        assert_eq!(store.list_changed_memberships(bob.id, Some(other), 0).await.unwrap().len(), 1);
        assert_eq!(store.list_changed_memberships(bob.id, Some(lobby), 0).await.unwrap(), found);
        assert_eq!(store.list_changed_memberships(bob.id, Some(1), 0).await.unwrap(), []);
    }

    async fn a_deletion_leaves_neither_text_nor_reactions(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        say(store, 1, &alice, &["secret"]).await;
        react(store, 1, &bob, true).await;
        write(store, async |transaction| {
            let found = transaction.find_changeable(alice.id, 1, 1).await?.unwrap();
            let seat = found.seat.expect("it is in a room");
            assert_eq!((found.sender_id, seat.user_id, seat.conversation_id, seat.role), (alice.id, alice.id, 1, None));
            transaction.delete_message(&found.stored, bob.id).await
        })
        .await;
        let message = store.find_message(1, 1).await.unwrap().unwrap().message;
        assert_eq!((message.text.as_str(), message.deleted_by.as_deref()), ("", Some("bob")));
        assert!(message.reactions.is_empty() && message.deleted_at.is_some());
        assert_eq!(store.list_reactions(1, 1).await.unwrap(), []);
    }

    async fn the_log_can_be_wiped_of_what_was_removed(store) {
        let alice = guest(store, "alice").await;
        say(store, 1, &alice, &["secret"]).await;
        let mut transaction = store.begin().await.unwrap();
        assert!(!transaction.removes_text());
        let found = transaction.find_changeable(alice.id, 1, 1).await.unwrap().unwrap();
        transaction.edit_message(&found.stored, "fine").await.unwrap();
        assert!(transaction.removes_text());
        transaction.commit().await.unwrap();
        assert!(store.for_journal().wipe_log().await.unwrap());
        assert!(store.wipe_log().await.unwrap());
        say(store, 1, &alice, &["as usual"]).await;
    }

    async fn reactions_are_counted_and_named_in_order(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        say(store, 1, &alice, &["hi"]).await;
        let named = |names: &[&str]| {
            Some(vec![("👍".to_owned(), names.len() as i64, names.iter().map(|&name| name.to_owned()).collect())])
        };
        assert_eq!(react(store, 1, &bob, true).await, named(&["bob"]));
        assert_eq!(react(store, 1, &bob, true).await, None);
        assert_eq!(react(store, 1, &alice, true).await, named(&["bob", "alice"]));
        assert_eq!(store.list_reactions(1, 1).await.unwrap()[0].users, ["bob", "alice"]);
        assert_eq!(react(store, 1, &bob, false).await, named(&["alice"]));
        assert_eq!(react(store, 1, &bob, false).await, None);
        assert_eq!(react(store, 1, &alice, false).await, Some(vec![]));
    }

    async fn only_the_members_of_a_private_room_are_told_who_is_there(store) {
        let alice = guest(store, "alice").await;
        let (id, lobby) = room(store, "lobby", &alice).await;
        let tell = async || write(store, async |transaction| transaction.insert_members_change(lobby).await).await;
        assert_eq!(tell().await, None);
        let private = RoomChange { private: Some(true), ..RoomChange::default() };
        write(store, async |transaction| transaction.update_room(id, &private, 9).await).await;
        let (place, _) = tell().await.expect("the room is private");
        assert_eq!(store.find_heads().await.unwrap().event, place);
    }
}
