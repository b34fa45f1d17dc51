//! Rooms and direct conversations.

use super::{guest, on_both, room, say, write};
use crate::store::{AmongRooms, ConversationName, Joined, RoomChange, RoomCounts};

on_both! {
    async fn a_room_is_found_by_id(store) {
        let alice = guest(store, "alice").await;
        let (id, conversation) = room(store, "lobby", &alice).await;
        let facts = RoomChange::default();
        let taken =
            write(store, async |transaction| transaction.insert_room("lobby", &facts, alice.id, &[], 3).await).await;
        assert_eq!(taken, None);
        let found = store.find_room(alice.id, id).await.unwrap().unwrap();
        assert_eq!((found.name.as_str(), found.created_by.as_deref(), found.created_at), ("lobby", Some("alice"), 2));
        assert_eq!((found.conversation_id, found.members, found.newest_seq), (conversation, 0, 0));
        assert!(store.find_room(alice.id, id + 1).await.unwrap().is_none());
    }

    async fn rooms_are_listed_by_id_and_general_is_the_first(store) {
        let alice = guest(store, "alice").await;
        for name in ["z", "a", "m"] {
            room(store, name, &alice).await;
        }
        let names = async |after, limit| {
            let rooms = store.list_rooms(alice.id, after, limit, AmongRooms::default()).await.unwrap();
            rooms.into_iter().map(|room| room.name).collect::<Vec<_>>()
        };
        assert_eq!(names(0, 10).await, ["general", "z", "a", "m"]);
        assert_eq!(names(1, 2).await, ["z", "a"]);
        let begin = AmongRooms { prefix: "ge", ..AmongRooms::default() };
        assert_eq!(store.list_rooms(alice.id, 0, 9, begin).await.unwrap().len(), 1);
        assert_eq!(store.list_rooms(alice.id, 1, 9, begin).await.unwrap().len(), 0);
        assert_eq!(store.find_room(alice.id, 1).await.unwrap().unwrap().created_by, None, "it has no creator");
        let bob = guest(store, "bob").await;
        write(store, async |transaction| transaction.ensure_direct(alice.id, bob.id).await).await;
        write(store, async |transaction| transaction.insert_membership(bob.id, 1, 0).await).await;
        for (user, created, joined) in [(&alice, 3, 0), (&bob, 0, 1)] {
            let count = write(store, async |transaction| transaction.count_rooms_of(user.id).await).await;
            assert_eq!(count, RoomCounts { created, joined });
        }
    }

    async fn two_users_have_one_direct_conversation_whichever_opens_it(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        assert_eq!(store.find_direct(alice.id, bob.id).await.unwrap(), None);
        let (first, joined) = write(store, async |transaction| transaction.ensure_direct(bob.id, alice.id).await).await;
        let memberships = store.list_memberships_of(&[alice.id, bob.id]).await.unwrap();
        let begins: Vec<_> = memberships.iter().map(|m| Joined { since_seq: m.since_seq, resets: m.resets }).collect();
        assert_eq!(begins, [joined.expect("it is new"); 2]);
        let again = write(store, async |transaction| transaction.ensure_direct(alice.id, bob.id).await).await;
        assert_eq!(again, (first, None));
        for (one, other) in [(alice.id, bob.id), (bob.id, alice.id)] {
            assert_eq!(store.find_direct(one, other).await.unwrap(), Some(first));
        }
    }

    async fn rooms_are_listed_by_id_before_direct_conversations_by_the_bytes_of_names(store) {
        let alice = guest(store, "alice").await;
        let (_, lobby) = room(store, "lobby", &alice).await;
        for conversation in [lobby, 1] {
            write(store, async |transaction| transaction.insert_membership(alice.id, conversation, 0).await).await;
        }
        for name in ["b", "a_c", "a-c", "0", "silent"] {
            let other = guest(store, name).await;
            let (direct, _) = write(store, async |transaction| transaction.ensure_direct(alice.id, other.id).await).await;
            if name != "silent" {
                say(store, direct, &other, &["hi"]).await;
                assert_eq!(store.newest_seq(direct).await.unwrap(), 1);
            }
        }
        let conversations = store.list_conversations(alice.id).await.unwrap();
        let names = conversations.iter().map(|conversation| match &conversation.name {
            ConversationName::Room { name, .. } => name.as_str(),
            ConversationName::Direct { with } => with.as_str(),
        });
        assert_eq!(names.collect::<Vec<_>>(), ["general", "lobby", "0", "a-c", "a_c", "b"]);
        assert_eq!(conversations.iter().map(|c| c.newest_seq).collect::<Vec<_>>(), [0, 0, 1, 1, 1, 1]);
    }
}
