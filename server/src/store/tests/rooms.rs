//! What decides who sees a room and who posts there.

use super::{guest, on_both, room, write};
use crate::domain::right::{Posting, Role, Rules, Seat};
use crate::store::{AmongRooms, Changed, RoomChange, RoomFacts, StoredChange, StoredEvent, StoredMembership};

on_both! {
    async fn a_room_changes_only_where_it_is_told_to(store) {
        let alice = guest(store, "alice").await;
        let (id, conversation_id) = room(store, "lobby", &alice).await;
        let rules = Rules { is_private: false, is_archived: false, posting: Posting::Everyone };
        let plain = RoomFacts {
            id, conversation_id, name: "lobby".to_owned(), title: None, topic: String::new(), rules, banned: vec![],
        };
        let facts = async || write(store, async |transaction| transaction.read_room_facts(id).await).await.unwrap();
        assert_eq!(facts().await, plain);
        let change = async |change: RoomChange| {
            write(store, async |transaction| transaction.update_room(id, &change, 9).await).await;
        };
        let title = Some(Some("Café".to_owned()));
        change(RoomChange { title, topic: Some("tea".to_owned()), ..RoomChange::default() }).await;
        change(RoomChange { private: Some(true), archived: Some(true), ..RoomChange::default() }).await;
        change(RoomChange { posting: Some(Posting::Owners), ..RoomChange::default() }).await;
        let rules = Rules { is_private: true, is_archived: true, posting: Posting::Owners };
        let changed =
            RoomFacts { title: Some("Café".to_owned()), topic: "tea".to_owned(), rules, ..plain.clone() };
        assert_eq!(facts().await, changed);
        change(RoomChange::default()).await;
        assert_eq!(facts().await, changed, "nothing is left out");
        let back = RoomChange {
            title: Some(None), topic: Some(String::new()), private: Some(false), archived: Some(false),
            posting: Some(Posting::Everyone),
        };
        change(back).await;
        assert_eq!(facts().await, plain);
        assert_eq!(write(store, async |transaction| transaction.read_room_facts(99).await).await, None);
    }

    async fn a_new_room_is_stored_as_it_is_returned_with_its_first_members(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        room(store, "lobby", &alice).await;
        let facts = RoomChange {
            title: Some(Some("Café".to_owned())), topic: Some("tea".to_owned()), private: Some(true),
            archived: Some(true), posting: Some(Posting::Owners),
        };
        for (name, facts) in [("plain", RoomChange::default()), ("all", facts)] {
            let members = [(bob.id, Role::Owner), (alice.id, Role::Member)];
            let (made, changes) = write(store, async |transaction| {
                let queries = store.query_count();
                let (made, joined) = transaction.insert_room(name, &facts, bob.id, &members, 5).await?.unwrap();
                assert_eq!(joined.since_seq, 0);
                let changes = transaction.insert_first_changes(made.conversation_id, &[bob.id, alice.id]).await?;
                // Each takes a round trip, under the lock that every node waits for.
                assert_eq!(store.query_count() - queries, 4);
                assert_eq!(transaction.read_room_facts(made.id).await?.as_ref(), Some(&made));
                Ok((made, changes))
            })
            .await;
            let there = store.find_room(alice.id, made.id).await.unwrap().unwrap();
            assert_eq!((there.members, there.role, there.created_at), (2, Some(Role::Member), 5));
            let owners = write(store, async |transaction| transaction.count_members(made.conversation_id).await).await;
            assert_eq!((owners.members, owners.owners), (2, 1));
            let newest = changes[1].0;
            assert_eq!(changes[0].0, newest - 1);
            let events = store.list_events_between(newest - 2, newest, 9).await.unwrap();
            let joined = |user_id| {
                Changed::Membership(StoredMembership { user_id, conversation_id: made.conversation_id })
            };
            let whats: Vec<_> = events.into_iter().map(|event| match event {
                StoredEvent::Change(change) => change.what,
                StoredEvent::Message(_) => panic!("a change"),
            }).collect();
            assert_eq!(whats, [joined(bob.id), joined(alice.id)]);
        }
    }

    async fn every_user_has_one_seat_in_a_room(store) {
        let alice = guest(store, "alice").await;
        let (id, lobby) = room(store, "lobby", &alice).await;
        for role in Role::ALL {
            let user = guest(store, role.as_str()).await.id;
            write(store, async |transaction| {
                match role {
                    Role::Banned => transaction.insert_ban(user, lobby, 1).await?,
                    role => {
                        transaction.insert_membership(user, lobby, 0).await?;
                        transaction.set_role(user, lobby, role).await?;
                    }
                }
                Ok(())
            })
            .await;
            let [seat] = store.list_seats_of(user, &[lobby]).await.unwrap()[..] else { panic!("one seat") };
            assert_eq!((seat.role, seat.is_admin), (Some(role), false));
            let read = write(store, async |transaction| transaction.read_seats(&[(user, lobby), (user, 99)]).await).await;
            assert_eq!(read, [seat]);
        }
        assert_eq!(store.list_guest_rooms(alice.id).await.unwrap(), [0; 0]);
        let [outside] = store.list_seats_of(alice.id, &[lobby]).await.unwrap()[..] else { panic!("one seat") };
        assert_eq!((outside.role, outside.seat()), (None, Seat::Outside));
        assert_eq!(store.list_seats_of(99, &[lobby]).await.unwrap(), []);
        assert_eq!(store.list_seats_of(alice.id, &[]).await.unwrap(), []);
        let counts = write(store, async |transaction| transaction.count_members(lobby).await).await;
        assert_eq!((counts.members, counts.owners), (3, 1));

        let list = async |after, limit, with_banned| {
            let members = store.list_members(lobby, after, limit, with_banned).await.unwrap();
            assert!(members.iter().all(|member| member.name == member.role.as_str()));
            members.into_iter().map(|member| member.role).collect::<Vec<_>>()
        };
        assert_eq!(list(0, 9, true).await, Role::ALL);
        assert_eq!(list(0, 9, false).await, Role::ALL[..3]);
        assert_eq!(list(alice.id + 1, 1, true).await, [Role::Member]);

        let banned = alice.id + 4;
        let facts = store.list_room_facts(&[id, 99]).await.unwrap();
        assert_eq!((facts.len(), &facts[0].banned[..]), (1, &[banned][..]));
        let all = store.list_all_room_facts().await.unwrap();
        assert_eq!((all[0].name.as_str(), &all[1]), ("general", &facts[0]));
        write(store, async |transaction| transaction.delete_ban(banned, lobby).await).await;
        assert_eq!(store.list_room_facts(&[id]).await.unwrap()[0].banned, [0; 0]);
    }

    async fn private_rooms_are_listed_for_their_members_and_archived_ones_apart(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        for (name, private, archived) in
            [("open", false, false), ("board", true, false), ("old", false, true), ("vault", true, true)]
        {
            let (id, conversation) = room(store, name, &alice).await;
            let change = RoomChange { private: Some(private), archived: Some(archived), ..RoomChange::default() };
            write(store, async |transaction| {
                transaction.update_room(id, &change, 1).await?;
                transaction.insert_membership(alice.id, conversation, 0).await
            })
            .await;
        }
        let names = async |user, archived| {
            let rooms = store.list_rooms(user, 1, 9, AmongRooms { archived, ..AmongRooms::default() }).await.unwrap();
            rooms.into_iter().map(|room| (room.name, room.role)).collect::<Vec<_>>()
        };
        let member = |name: &str| (name.to_owned(), Some(Role::Member));
        assert_eq!(names(alice.id, false).await, [member("open"), member("board")]);
        assert_eq!(names(alice.id, true).await, [member("old"), member("vault")]);
        assert_eq!(names(bob.id, false).await, [("open".to_owned(), None)]);
        assert_eq!(names(bob.id, true).await, [("old".to_owned(), None)]);
    }

    async fn only_users_who_can_sign_in_are_found_as_members(store) {
        let (alice, _) = (guest(store, "alice").await, guest(store, "bob").await);
        let names = ["alice".to_owned(), "nobody".to_owned()];
        let found = write(store, async |transaction| transaction.list_active_users(&names).await).await;
        assert_eq!(found, [(alice.id, "alice".to_owned())]);
    }

    async fn a_conversation_that_changed_is_found_once(store) {
        let alice = guest(store, "alice").await;
        let (_, lobby) = room(store, "lobby", &alice).await;
        for _ in 0..3 {
            write(store, async |transaction| transaction.insert_conversation_change(lobby).await).await;
        }
        let found = store.list_changed_conversations(&[1, lobby], 0, 9, 9).await.unwrap();
        let [StoredChange { id: 3, what: Changed::Conversation(found), .. }] = found[..] else { panic!("{found:?}") };
        assert_eq!(found, lobby);
        for (conversations, after, upto) in [(&[1][..], 0, 9), (&[lobby], 3, 9), (&[lobby], 0, 2)] {
            assert_eq!(store.list_changed_conversations(conversations, after, upto, 9).await.unwrap(), []);
        }
    }
}
