//! Guests who have left for good.

use super::changing::react;
use super::{account, draft, guest, on_both, post, room, sign_in, write};
use crate::domain::ids::{GENERAL_ROOM, UserId};
use crate::store::{Store, User};

async fn join(store: &Store, user: &User) {
    write(store, async |transaction| transaction.insert_first_memberships(&[user.id]).await).await;
}

async fn retire(store: &Store, before_ms: i64, limit: u64) -> Vec<UserId> {
    write(store, async |transaction| transaction.retire_guests(before_ms, 7, limit).await).await
}

on_both! {
    async fn guests_without_a_session_leave_and_only_those_who_wrote_keep_their_names(store) {
        let (quiet, author, here) = (guest(store, "quiet").await, guest(store, "author").await, guest(store, "here").await);
        let alice = account(store, "alice", Some("hash")).await.unwrap();
        for user in [&quiet, &author, &here, &alice] {
            join(store, user).await;
        }
        let (made, _) = room(store, "made", &quiet).await;
        sign_in(store, "s", &here, 100).await;
        for _ in 0..2 {
            write(store, async |transaction| transaction.insert_authors(&[author.id, here.id, author.id]).await).await;
        }
        write(store, async |transaction| transaction.insert_authors(&[]).await).await;
        let members = async || store.find_room(alice.id, GENERAL_ROOM).await.unwrap().unwrap().members;
        assert_eq!(members().await, 4);
        assert_eq!(retire(store, 1, 9).await, [] as [UserId; 0], "they came at 1");
        assert_eq!(retire(store, 2, 1).await, [quiet.id]);
        assert_eq!(retire(store, 2, 9).await, [author.id]);
        assert_eq!(retire(store, 2, 9).await, [] as [UserId; 0]);
        assert_eq!(members().await, 2);
        let listed: Vec<_> = store.list_profiles(0, "", 9).await.unwrap().into_iter().map(|profile| profile.user.name).collect();
        assert_eq!(listed, ["here", "alice"]);
        let fan = guest(store, "fan").await;
        post(store, &[draft(1, &alice, "hello")]).await;
        assert!(react(store, 1, &fan, true).await.is_some());
        assert_eq!(retire(store, 2, 9).await, [fan.id]);
        assert_eq!(account(store, "fan", None).await, None, "answers name who reacted");
        let named = ["quiet", "author", "here"].map(str::to_owned);
        let named: Vec<_> = store.list_profiles_named(&named).await.unwrap().into_iter().map(|profile| profile.user.name).collect();
        assert_eq!(named, ["here"]);
        let again = guest(store, "quiet").await;
        assert!(again.id > alice.id, "another user");
        assert_eq!(account(store, "author", None).await, None, "the name is in what was written");
        let made = store.find_room(alice.id, made).await.unwrap().unwrap();
        assert_eq!(made.created_by, Some(format!("deleted-{}", quiet.id)));
    }
}
