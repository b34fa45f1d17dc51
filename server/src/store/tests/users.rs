//! Accounts, and the database's own identity.

use super::{account, guest, on_both, write};
use crate::store::Newcomer;

fn network(host: u8) -> String {
    format!("192.0.2.{host}")
}

on_both! {
    async fn a_name_is_taken_once(store) {
        let alice = guest(store, "alice").await;
        assert!(alice.guest);
        assert_eq!(account(store, "alice", Some("hash")).await, None);
        assert_eq!(store.find_user_by_name("alice").await.unwrap(), Some(alice.clone()));
        assert_eq!(store.find_user(alice.id).await.unwrap(), Some(alice.clone()));
        assert_eq!(store.find_user_by_name("Alice").await.unwrap(), None);
        assert_eq!(store.find_user(alice.id + 100).await.unwrap(), None);
    }

    async fn the_first_of_several_newcomers_gets_the_name(store) {
        guest(store, "taken").await;
        let wanted = [("taken", None), ("new", Some("first")), ("other", None), ("new", Some("second"))];
        let newcomers = wanted.map(|(name, hash)| Newcomer {
            name: name.to_owned(),
            password_hash: hash.map(str::to_owned),
        });
        let made = write(store, async |transaction| transaction.insert_users(&newcomers, 1).await).await;
        let names: Vec<_> = made.iter().map(|user| user.as_ref().map(|user| (user.name.as_str(), user.guest))).collect();
        assert_eq!(names, [None, Some(("new", false)), Some(("other", true)), None]);
        let id = made[1].as_ref().unwrap().id;
        let account = store.find_account("new", network(1)).await.unwrap().unwrap();
        assert_eq!((account.user.id, account.password_hash.as_deref()), (id, Some("first")));
    }

    async fn an_account_has_a_hash_and_a_guest_has_none(store) {
        let alice = guest(store, "alice").await;
        let bob = account(store, "bob", Some("hash")).await.unwrap();
        assert!(!bob.guest);
        let found = async |name| store.find_account(name, network(1)).await.unwrap();
        let hashes = [found("alice").await.unwrap(), found("bob").await.unwrap()].map(|account| account.password_hash);
        assert_eq!(hashes, [None, Some("hash".to_owned())]);
        assert_eq!(found("alice").await.unwrap().user, alice);
        assert!(found("carol").await.is_none());
    }

    async fn the_newest_networks_of_an_account_are_remembered(store) {
        let (alice, bob) = (account(store, "alice", Some("a")).await.unwrap(), account(store, "bob", Some("b")).await.unwrap());
        let remember = async |networks: &[(i64, String)], now_ms| {
            write(store, async |transaction| transaction.remember_networks(networks, now_ms).await).await;
        };
        let seen = async |name, host| store.find_account(name, network(host)).await.unwrap().unwrap().network_seen_at;
        remember(&[], 1).await;
        remember(&[(alice.id, network(0)), (bob.id, network(1))], 1).await;
        assert_eq!((seen("alice", 0).await, seen("bob", 0).await, seen("bob", 1).await), (Some(1), None, Some(1)));
        for host in 1..16 {
            remember(&[(alice.id, network(host))], 10 + i64::from(host)).await;
        }
        remember(&[(alice.id, network(0))], 30).await;
        assert_eq!((seen("alice", 0).await, seen("alice", 1).await), (Some(30), Some(11)), "there is room for sixteen");
        remember(&[(alice.id, network(16))], 31).await;
        assert_eq!((seen("alice", 1).await, seen("alice", 2).await), (None, Some(12)), "the oldest is forgotten");
        assert_eq!((seen("alice", 0).await, seen("bob", 1).await), (Some(30), Some(1)));
    }

    async fn uncommitted_writes_are_rolled_back(store) {
        let mut transaction = store.begin().await.unwrap();
        let alice = Newcomer { name: "alice".to_owned(), password_hash: None };
        transaction.insert_users(&[alice], 1).await.unwrap();
        drop(transaction);
        assert_eq!(store.find_user_by_name("alice").await.unwrap(), None);
        guest(store, "alice").await;
    }

    async fn a_database_keeps_its_identity_until_it_is_closed(store) {
        let identity = store.find_identity().await.unwrap();
        assert_eq!(identity.cursor_key.len(), crate::store::CURSOR_KEY_BYTES);
        write(store, async |transaction| transaction.probe().await).await;
        assert_eq!(store.find_identity().await.unwrap().epoch, identity.epoch);
        store.close().await;
        assert!(store.find_identity().await.is_err());
    }

    async fn a_user_shares_conversations_with_some_others(store) {
        let (alice, bob, carol, dave) =
            (guest(store, "alice").await, guest(store, "bob").await, guest(store, "carol").await, guest(store, "dave").await);
        write(store, async |transaction| {
            for user in [alice.id, carol.id] {
                transaction.insert_membership(user, 1, 0).await?;
            }
            transaction.ensure_direct(alice.id, dave.id).await
        })
        .await;
        let around = async |user: i64, after: i64, limit: i64| {
            store.list_users_around(user, after, "", limit).await.unwrap()
        };
        assert_eq!(around(alice.id, 0, 9).await, [alice.id, carol.id, dave.id]);
        assert_eq!(around(alice.id, alice.id, 1).await, [carol.id]);
        assert_eq!(around(bob.id, 0, 9).await, [bob.id]);
        assert_eq!(store.list_users_around(alice.id, 0, "da", 9).await.unwrap(), [dave.id]);
        assert_eq!(store.list_users_around(alice.id, 0, "b", 9).await.unwrap(), [0; 0]);
        let among = [dave.id, bob.id, alice.id, 99];
        assert_eq!(store.list_known_to(alice.id, &among).await.unwrap(), [alice.id, dave.id]);
        assert_eq!(store.list_known_to(carol.id, &among).await.unwrap(), [alice.id]);
    }
}
