//! Idempotency keys of rooms and sign-ups, and keys that messages and rooms share.

use super::{account, draft, guest, on_both, post, room, write};
use crate::store::keys::UsedKey;
use crate::store::{Began, Draft, Outcome, SignUpKey};

fn key(hash: &str, payload: i64) -> SignUpKey {
    SignUpKey { hash: hash.to_owned(), payload }
}

on_both! {
    async fn a_key_is_used_for_one_room_or_one_message(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        let (id, _) = room(store, "lobby", &alice).await;
        let used = async |user: i64, key: &str| {
            write(store, async |transaction| transaction.find_key(user, key).await).await
        };
        assert_eq!(used(alice.id, "k").await, None);
        write(store, async |transaction| transaction.insert_room_key((alice.id, "k"), 7, id, 1).await).await;
        assert_eq!(used(alice.id, "k").await, Some(UsedKey { payload: Some(7), room_id: Some(id) }));
        assert_eq!(used(bob.id, "k").await, None);
        let keyed = |user, key: &str| Draft { key: Some(key.to_owned()), ..draft(1, user, "hi") };
        let outcomes = post(store, &[keyed(&alice, "k"), keyed(&bob, "k"), keyed(&alice, "m")]).await;
        assert!(matches!(outcomes[..], [Outcome::KeyReused, Outcome::New(_), Outcome::New(_)]), "{outcomes:?}");
        assert!(used(alice.id, "m").await.is_some_and(|used| used.payload.is_some() && used.room_id.is_none()));
    }

    async fn a_sign_up_is_found_by_key_and_payload_until_it_is_swept(store) {
        let (alice, bob) = (guest(store, "alice").await, account(store, "bob", Some("hash")).await.unwrap());
        let began = |user_id, event_id| Began { user_id, general_seq: 3, event_id };
        let keys = [(key("a", -1), began(alice.id, 4)), (key("b", 1), began(bob.id, 5))];
        write(store, async |transaction| transaction.insert_sign_up_keys(&keys, 10).await).await;
        write(store, async |transaction| transaction.insert_sign_up_keys(&[], 10).await).await;
        assert_eq!(store.find_sign_up(&key("a", -1)).await.unwrap(), Some(began(alice.id, 4)));
        assert_eq!(store.find_sign_up(&key("b", 1)).await.unwrap(), Some(began(bob.id, 5)));
        assert_eq!(store.find_sign_up(&key("a", 1)).await.unwrap(), None, "another payload");
        let asked = [key("a", -1), key("b", 1), key("c", 1), key("b", -1)];
        let guests = async |asked: &[SignUpKey]| {
            write(store, async |transaction| transaction.list_signed_up_guests(asked).await).await
        };
        assert_eq!(guests(&asked).await, [(key("a", -1), alice.clone(), began(alice.id, 4))], "bob has a password");
        assert_eq!(guests(&[]).await, []);
        assert_eq!(write(store, async |transaction| transaction.delete_expired(0, 11, 1).await).await, 1);
        assert_eq!(write(store, async |transaction| transaction.delete_expired(0, 10, 9).await).await, 0);
        assert_eq!(write(store, async |transaction| transaction.delete_expired(0, 11, 9).await).await, 1);
        assert_eq!(store.find_sign_up(&key("a", -1)).await.unwrap(), None);
    }
}
