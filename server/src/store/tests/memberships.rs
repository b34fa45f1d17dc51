//! Memberships and last-read positions.

use super::{guest, on_both, room, say, write};
use crate::store::{Joined, Position};

on_both! {
    async fn a_joined_user_begins_at_the_newest_message_and_is_counted_once(store) {
        let alice = guest(store, "alice").await;
        let (id, lobby) = room(store, "lobby", &alice).await;
        say(store, lobby, &alice, &["one", "two"]).await;
        let join =
            async || write(store, async |transaction| transaction.insert_membership(alice.id, lobby, 0).await).await;
        let leave = async || write(store, async |transaction| transaction.delete_membership(alice.id, lobby).await).await;
        let members = async || store.find_room(alice.id, id).await.unwrap().unwrap().members;
        let resets = store.find_heads().await.unwrap().bulletin << 20;
        assert_eq!(join().await, Some(Joined { since_seq: 2, resets }));
        assert_eq!((join().await, members().await), (None, 1));
        let own = write(store, async |transaction| transaction.list_memberships_of(&[alice.id]).await).await;
        assert_eq!(own.len(), 1);
        assert_eq!((own[0].conversation_id, own[0].since_seq, own[0].last_read_seq), (lobby, 2, 2));
        assert_eq!((own[0].newest_seq, own[0].resets, own[0].other.as_deref()), (2, resets, None));
        assert!(leave().await);
        assert!(!leave().await);
        assert_eq!(members().await, 0);
    }

    async fn a_user_joins_only_as_many_rooms_as_allowed(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        write(store, async |transaction| transaction.ensure_direct(alice.id, bob.id).await).await;
        let rooms = [room(store, "a", &bob).await.1, room(store, "b", &bob).await.1, room(store, "c", &bob).await.1];
        let mut joined = Vec::new();
        for (room, most) in [(0, 2), (0, 2), (1, 2), (2, 2), (0, 2), (2, 3)] {
            joined.push(
                write(store, async |transaction| {
                    let joined = transaction.insert_membership(alice.id, rooms[room], most).await?;
                    let seats = transaction.read_seats(&[(alice.id, rooms[room])]).await?;
                    Ok((joined.is_some(), seats[0].role.is_some()))
                })
                .await,
            );
        }
        let [new, member, outside] = [(true, true), (false, true), (false, false)];
        assert_eq!(joined, [new, member, new, outside, member, new]);
    }

    async fn new_users_join_general_at_its_newest_message(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        say(store, 1, &alice, &["one", "two"]).await;
        let users = [alice.id, bob.id];
        let mut first = write(store, async |transaction| transaction.insert_first_memberships(&users).await).await;
        first.sort_by_key(|membership| membership.user_id);
        assert_eq!((first[0].conversation_id, first[0].since_seq, first[0].last_read_seq), (1, 2, 2));
        let mut read = store.list_memberships_of(&users).await.unwrap();
        read.sort_by_key(|membership| membership.user_id);
        assert_eq!(format!("{first:?}"), format!("{read:?}"), "the same as read from the database");
        assert_eq!(store.find_room(alice.id, 1).await.unwrap().unwrap().members, 2);
    }

    async fn memberships_name_the_other_user_of_a_direct_conversation(store) {
        let (alice, bob, carol) = (guest(store, "alice").await, guest(store, "bob").await, guest(store, "carol").await);
        write(store, async |transaction| transaction.ensure_direct(alice.id, bob.id).await).await;
        write(store, async |transaction| transaction.insert_membership(carol.id, 1, 0).await).await;
        let memberships = store.list_memberships_of(&[alice.id, bob.id, carol.id, 99]).await.unwrap();
        let mut others: Vec<_> = memberships.iter().map(|m| (m.user_id, m.other.as_deref())).collect();
        others.sort_unstable();
        assert_eq!(others, [(alice.id, Some("bob")), (bob.id, Some("alice")), (carol.id, None)]);
        assert!(store.list_memberships_of(&[]).await.unwrap().is_empty());
    }

    async fn a_position_moves_forward_and_back_only_if_it_was_set(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        write(store, async |transaction| transaction.insert_membership(alice.id, 1, 0).await).await;
        say(store, 1, &bob, &["one", "two", "three", "four"]).await;
        let position = |seq, resets| Position { user_id: alice.id, conversation_id: 1, since_seq: 0, seq, resets };
        let elsewhere = Position { conversation_id: 99, ..position(3, 0) };
        let joined = store.list_memberships_of(&[alice.id]).await.unwrap()[0].resets;
        let position = |seq, resets| position(seq, joined + resets);
        for (written, stored) in [
            (position(3, 0), (3, 0)),
            (position(2, 0), (3, 0)),
            (position(1, 1), (1, 1)),
            (position(4, 0), (1, 1)),
            (position(2, 1), (2, 1)),
            (position(0, 2), (0, 2)),
        ] {
            write(store, async |transaction| transaction.update_positions(&[elsewhere, written]).await).await;
            let own = write(store, async |transaction| transaction.list_memberships_of(&[alice.id]).await).await;
            assert_eq!((own[0].last_read_seq, own[0].resets - joined), stored, "{written:?}");
            assert_eq!(own.len(), 1, "a position in a conversation that was left is ignored");
        }
    }
}
