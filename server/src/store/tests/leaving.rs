//! Deleting users, with their messages kept or erased.

use super::{account, guest, on_both, room, say, sign_in, write};
use crate::domain::ids::{EventId, Seq};
use crate::store::{Changed, HistoryRange, Newcomer, Store, StoredMessage, User};

async fn react(store: &Store, seq: Seq, user: &User) {
    write(store, async |transaction| {
        let found = transaction.find_changeable(1, 1, seq).await?.unwrap();
        transaction.react(&found.stored, (user.id, &user.name), "👍", true).await
    })
    .await;
}

async fn history(store: &Store, conversation: i64) -> Vec<StoredMessage> {
    store.list_history(conversation, HistoryRange::Newest, 100).await.unwrap()
}

fn parts(stored: &StoredMessage) -> (&str, &str, Vec<(i64, Vec<String>)>) {
    let message = &stored.message;
    let reactions = message.reactions.iter().map(|reaction| (reaction.count, reaction.users.clone())).collect();
    (&message.from, &message.text, reactions)
}

async fn retire(store: &Store, user: &User) -> String {
    write(store, async |transaction| transaction.retire_user(user, 9).await).await
}

on_both! {
    async fn a_deleted_user_keeps_a_name_made_from_the_id_and_the_former_one_is_never_given_out(store) {
        let alice = account(store, "alice", Some("hash")).await.unwrap();
        let named = guest(store, "bob").await;
        write(store, async |transaction| transaction.update_display_name(alice.id, Some("Alice")).await).await;
        write(store, async |transaction| transaction.set_admin(alice.id, true).await).await;
        assert_eq!(retire(store, &alice).await, format!("deleted-{}", alice.id));
        assert_eq!(store.find_user(alice.id).await.unwrap(), None);
        assert_eq!(store.find_profile(alice.id).await.unwrap(), None);
        assert_eq!(store.find_user_by_name(&format!("deleted-{}", alice.id)).await.unwrap(), None);
        assert!(!write(store, async |transaction| transaction.is_admin(alice.id).await).await);
        assert_eq!(store.list_deleted_users(10).await.unwrap(), [alice.id]);
        let ids = [named.id, alice.id, 999];
        let among = write(store, async |transaction| transaction.list_deleted_among(&ids).await).await;
        assert_eq!(among, [alice.id]);
        let wanted = ["alice", "deleted-99", "deleted-x"].map(|name| Newcomer { name: name.to_owned(), password_hash: None });
        let made = write(store, async |transaction| transaction.insert_users(&wanted, 1).await).await;
        let names: Vec<_> = made.into_iter().map(|user| user.map(|user| user.name)).collect();
        assert_eq!(names, [None, None, Some("deleted-x".to_owned())]);
        assert_eq!(retire(store, &named).await, format!("deleted-{}", named.id));
        assert_eq!(store.list_deleted_users(1).await.unwrap().len(), 1);
    }

    async fn memberships_and_keys_go_with_a_user(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        let (id, lobby) = room(store, "lobby", &alice).await;
        for user in [&alice, &bob] {
            write(store, async |transaction| transaction.insert_membership(user.id, lobby, 0).await).await;
            write(store, async |transaction| transaction.insert_membership_change(user.id, lobby).await).await;
        }
        write(store, async |transaction| transaction.ensure_direct(alice.id, bob.id).await).await;
        sign_in(store, "one", &alice, 100).await;
        let peers = async |user: i64| write(store, async |transaction| transaction.list_direct_peers(user).await).await;
        assert_eq!((peers(alice.id).await, peers(bob.id).await), (vec![bob.id], vec![alice.id]));
        write(store, async |transaction| transaction.delete_belongings(alice.id).await).await;
        assert_eq!(store.list_memberships_of(&[alice.id]).await.unwrap().len(), 0);
        assert_eq!(store.list_memberships_of(&[bob.id]).await.unwrap().len(), 2);
        assert_eq!(store.find_room(1, id).await.unwrap().unwrap().members, 1);
    }

    async fn kept_messages_and_reactions_are_from_the_new_name(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        let said = say(store, 1, &alice, &["one"]).await;
        say(store, 1, &bob, &["two"]).await;
        for user in [&bob, &alice] {
            react(store, 2, user).await;
        }
        let name = retire(store, &alice).await;
        let touched = write(store, async |transaction| transaction.rename_in_reactions(&alice, &name).await).await;
        let now = history(store, 1).await;
        assert_eq!(touched, [now[1].message.id]);
        assert_eq!(parts(&now[0]), (name.as_str(), "one", vec![]));
        assert_eq!(parts(&now[1]), ("bob", "two", vec![(2, vec!["bob".to_owned(), name.clone()])]));
        assert_eq!(now[1].message.revision, Some(4), "that is no change");
        let naming = async |beyond: EventId, also: &[EventId]| {
            let here = write(store, async |transaction| transaction.list_messages_naming(alice.id, beyond, also).await);
            let (here, there) = (here.await, store.list_messages_naming(alice.id, beyond, also).await.unwrap());
            assert_eq!(here, there);
            let mut seqs: Vec<_> = here.iter().map(|stored| stored.message.seq).collect();
            seqs.dedup();
            seqs
        };
        assert_eq!(naming(0, &[]).await, [1]);
        assert_eq!(naming(0, &touched).await, [1, 2]);
        assert_eq!(naming(2, &touched).await, [2], "it was changed beyond that place");
        assert_eq!(naming(said[0].message.id, &[]).await, Vec::<Seq>::new());
    }

    async fn erasing_leaves_empty_messages_and_one_change_in_each_conversation(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        let (_, lobby) = room(store, "lobby", &bob).await;
        let (_, other) = room(store, "other", &bob).await;
        say(store, 1, &alice, &["one", "two"]).await;
        say(store, lobby, &alice, &["three"]).await;
        say(store, 1, &bob, &["four"]).await;
        say(store, other, &bob, &["five"]).await;
        for (seq, user) in [(3, &bob), (3, &alice), (1, &bob)] {
            react(store, seq, user).await;
        }
        let (changes, _, lost) = write(store, async |transaction| transaction.erase(&alice).await).await;
        let name = retire(store, &alice).await;
        assert_eq!(changes, [(9, 1), (10, lobby)]);
        let now = history(store, 1).await;
        assert_eq!(lost, [now[2].message.id]);
        for stored in &now[..2] {
            assert_eq!(parts(stored), (name.as_str(), "", vec![]));
            assert_eq!(stored.message.revision, Some(9));
            assert_eq!(stored.message.deleted_by.as_deref(), Some(name.as_str()));
            assert!(stored.message.deleted_at.is_some());
        }
        assert_eq!(parts(&now[2]), ("bob", "four", vec![(1, vec!["bob".to_owned()])]));
        assert_eq!(parts(&history(store, lobby).await[0]), (name.as_str(), "", vec![]));
        assert_eq!(parts(&history(store, other).await[0]), ("bob", "five", vec![]));
        let list = async |after, conversations: &[i64]| {
            let erasures = store.list_erasures(after, 100, conversations, 10).await.unwrap();
            erasures.into_iter().map(|change| (change.id, change.what)).collect::<Vec<_>>()
        };
        let erased = |conversation_id| Changed::Erased { conversation_id, author: name.clone() };
        assert_eq!(list(0, &[1, lobby, other]).await, [(9, erased(1)), (10, erased(lobby))]);
        assert_eq!(list(9, &[1, lobby]).await, [(10, erased(lobby))]);
        assert_eq!(list(0, &[other]).await, []);
        let (again, ..) = write(store, async |transaction| transaction.erase(&bob).await).await;
        assert_eq!(again.len(), 2, "the third conversation has nothing of bob's");
    }
}
