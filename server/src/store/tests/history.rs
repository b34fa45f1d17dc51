//! Reading messages, by seq within a conversation and by id along the line.

use super::{guest, messages, on_both, room, say, texts, write};
use crate::store::HistoryRange::{After, Before, Newest};

on_both! {
    async fn history_is_oldest_first_from_either_end(store) {
        let alice = guest(store, "alice").await;
        let (_, lobby) = room(store, "lobby", &alice).await;
        say(store, 1, &alice, &["elsewhere"]).await;
        say(store, lobby, &alice, &["1", "2", "3", "4", "5"]).await;
        for (range, limit, expected) in [
            (Newest, 2, ["4", "5"].as_slice()),
            (Newest, 9, &["1", "2", "3", "4", "5"]),
            (Before(4), 2, &["2", "3"]),
            (Before(1), 2, &[]),
            (After(3), 9, &["4", "5"]),
            (After(0), 2, &["1", "2"]),
            (After(5), 2, &[]),
        ] {
            let part = store.list_history(lobby, range, limit).await.unwrap();
            assert_eq!(texts(&part), expected, "{range:?}");
        }
    }

    async fn the_latest_of_several_conversations_are_listed_together(store) {
        let alice = guest(store, "alice").await;
        let (_, lobby) = room(store, "lobby", &alice).await;
        let (_, empty) = room(store, "empty", &alice).await;
        say(store, lobby, &alice, &["1", "2", "3"]).await;
        say(store, 1, &alice, &["4", "5"]).await;
        for (asked, limit, expected) in [
            (vec![1, lobby, empty], 2, ["2", "3", "4", "5"].as_slice()),
            (vec![lobby], 9, &["1", "2", "3"]),
            (vec![empty], 9, &[]),
            (vec![], 9, &[]),
        ] {
            assert_eq!(texts(&store.list_latest(&asked, limit).await.unwrap()), expected, "{asked:?}");
        }
        let newest = store.list_newest_seqs(&[1, lobby, empty]).await.unwrap();
        assert_eq!(newest, [(1, 2), (lobby, 3)].into());
    }

    async fn a_message_names_its_room_or_its_recipient(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        let (direct, _) = write(store, async |transaction| transaction.ensure_direct(bob.id, alice.id).await).await;
        say(store, direct, &alice, &["to bob"]).await;
        say(store, direct, &bob, &["to alice"]).await;
        say(store, 1, &bob, &["to all"]).await;
        let all = messages(store.list_newest_events(i64::MAX, 10).await.unwrap());
        let told: Vec<_> = all.iter().map(|stored| {
            let message = &stored.message;
            (message.text.as_str(), message.from.as_str(), message.to.as_deref(), message.room.as_deref())
        }).collect();
        let expected = [
            ("to all", "bob", None, Some("general")),
            ("to alice", "bob", Some("alice"), None),
            ("to bob", "alice", Some("bob"), None),
        ];
        assert_eq!(told, expected, "the newest first");
        assert_eq!(texts(&messages(store.list_newest_events(i64::MAX, 1).await.unwrap())), ["to all"]);
    }

    async fn messages_between_two_events_are_listed_in_order(store) {
        let alice = guest(store, "alice").await;
        say(store, 1, &alice, &["1", "2", "3", "4", "5"]).await;
        for (after, upto, limit, expected) in
            [(0, 5, 9, ["1", "2", "3", "4", "5"].as_slice()), (1, 4, 9, &["2", "3", "4"]), (1, 4, 2, &["2", "3"]), (5, 9, 9, &[])]
        {
            let between = messages(store.list_events_between(after, upto, limit).await.unwrap());
            assert_eq!(texts(&between), expected);
        }
    }

    async fn catching_up_lists_messages_above_the_floor_of_each_conversation(store) {
        let alice = guest(store, "alice").await;
        let (_, lobby) = room(store, "lobby", &alice).await;
        let (_, other) = room(store, "other", &alice).await;
        for n in 1..=3 {
            for conversation in [1, lobby, other] {
                say(store, conversation, &alice, &[&format!("{n} of {conversation}")]).await;
            }
        }
        let found = async |after, upto, wanted: &[(i64, i64)], limit| {
            let messages = store.list_messages_after(after, upto, wanted, limit).await.unwrap();
            messages.iter().map(|stored| stored.message.id).collect::<Vec<_>>()
        };
        assert_eq!(found(0, 9, &[(1, 0), (lobby, 0)], 9).await, [1, 2, 4, 5, 7, 8]);
        assert_eq!(found(0, 9, &[(1, 2), (lobby, 1)], 9).await, [5, 7, 8], "above each one's seq");
        assert_eq!(found(4, 8, &[(1, 0), (lobby, 0)], 9).await, [5, 7, 8], "between the two events");
        assert_eq!(found(0, 9, &[(1, 0), (lobby, 0)], 2).await, [1, 2]);
        assert_eq!(found(9, 9, &[(1, 0), (lobby, 0)], 2).await, [0; 0]);
        // The places in between belong to another conversation.
        let texts: Vec<_> = (0..60).map(|n| n.to_string()).collect();
        say(store, other, &alice, &texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
        say(store, 1, &alice, &["after them"]).await;
        assert_eq!(found(4, 70, &[(1, 0), (lobby, 0)], 4).await, [5, 7, 8, 70]);
        assert_eq!(found(4, 69, &[(1, 0), (lobby, 0)], 4).await, [5, 7, 8]);
        assert_eq!(found(0, 9, &[], 2).await, [0; 0]);
    }
}
