//! Accounts, and the database's own identity.

use super::{guest, on_both, write};

on_both! {
    async fn a_name_is_taken_once(store) {
        let alice = guest(store, "alice").await;
        assert!(alice.guest);
        let again = write(store, async |transaction| transaction.insert_user("alice", Some("hash"), 2).await).await;
        assert_eq!(again, None);
        assert_eq!(store.find_user_by_name("alice").await.unwrap(), Some(alice.clone()));
        assert_eq!(store.find_user(alice.id).await.unwrap(), Some(alice.clone()));
        assert_eq!(store.find_user_by_name("Alice").await.unwrap(), None);
        assert_eq!(store.find_user(alice.id + 100).await.unwrap(), None);
    }

    async fn an_account_has_a_hash_and_a_guest_has_none(store) {
        let alice = guest(store, "alice").await;
        let bob = write(store, async |transaction| transaction.insert_user("bob", Some("hash"), 2).await).await.unwrap();
        assert!(!bob.guest);
        assert_eq!(store.find_password_hash(bob.id).await.unwrap().as_deref(), Some("hash"));
        assert_eq!(store.find_password_hash(alice.id).await.unwrap(), None);
    }

    async fn users_are_listed_by_id(store) {
        let mut users = Vec::new();
        for name in ["b", "a", "c", "0"] {
            users.push(guest(store, name).await);
        }
        assert_eq!(store.list_users(0, 10).await.unwrap(), users);
        assert_eq!(store.list_users(users[0].id, 2).await.unwrap(), users[1..3]);
        let some = [users[3].id, users[0].id, 9999];
        assert_eq!(store.list_users_with_ids(&some).await.unwrap(), [users[0].clone(), users[3].clone()]);
        assert_eq!(store.list_users_with_ids(&[]).await.unwrap(), []);
    }

    async fn what_was_not_committed_is_not_there(store) {
        let mut transaction = store.begin().await.unwrap();
        transaction.insert_user("alice", None, 1).await.unwrap();
        drop(transaction);
        assert_eq!(store.find_user_by_name("alice").await.unwrap(), None);
        guest(store, "alice").await;
    }

    async fn a_database_keeps_its_identity_until_it_is_closed(store) {
        let identity = store.find_identity().await.unwrap();
        assert_eq!(identity.cursor_key.len(), crate::store::CURSOR_KEY_BYTES);
        assert_eq!(store.find_identity().await.unwrap().epoch, identity.epoch);
        store.close().await;
        assert!(store.find_identity().await.is_err());
    }
}
