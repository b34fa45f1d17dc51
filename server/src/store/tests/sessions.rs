//! Sessions and idempotency keys, and how they end.

use super::{draft, guest, on_both, post, sign_in, write};
use crate::store::{Draft, Outcome, User};

on_both! {
    async fn a_session_is_open_until_it_is_signed_out(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        for (id, user) in [("one", &alice), ("two", &alice), ("bob's", &bob)] {
            sign_in(store, id, user, 2).await;
        }
        let asked = ["one", "bob's", "three", "two"];
        let found = async || write(store, async |transaction| transaction.list_session_users(&asked).await).await;
        let of = |sessions: &[(&str, &User)]| sessions.iter().map(|&(id, user)| (id.to_owned(), user.clone())).collect();
        assert_eq!(found().await, of(&[("one", &alice), ("two", &alice), ("bob's", &bob)]));
        write(store, async |transaction| transaction.delete_session("one").await).await;
        assert_eq!(found().await, of(&[("two", &alice), ("bob's", &bob)]));
        let asked = ["one", "two", "three"].map(str::to_owned);
        assert_eq!(store.list_open_sessions(&asked).await.unwrap(), ["two".to_owned()].into());
    }

    async fn expired_rows_are_deleted_a_few_at_a_time(store) {
        let alice = guest(store, "alice").await;
        for (id, expires_ms) in [("a", 10), ("b", 20), ("c", 30), ("d", 40)] {
            sign_in(store, id, &alice, expires_ms).await;
        }
        let keyed = |key: &str| Draft { key: Some(key.to_owned()), ..draft(1, &alice, "once") };
        post(store, &[keyed("one")]).await;
        let sweep = async |now_ms, keys_before_ms, limit| {
            write(store, async |transaction| transaction.delete_expired(now_ms, keys_before_ms, limit).await).await
        };
        assert_eq!(sweep(31, 0, 2).await, 2, "the oldest first");
        let all = ["a", "b", "c", "d"].map(str::to_owned);
        let open = store.list_open_sessions(&all).await.unwrap();
        assert_eq!(open, ["c".to_owned(), "d".to_owned()].into());
        assert_eq!(sweep(31, 0, 2).await, 1);
        assert!(matches!(post(store, &[keyed("one")]).await[0], Outcome::Repeated(_)), "the key is known");
        assert_eq!(sweep(31, i64::MAX, 2).await, 1);
        assert!(matches!(post(store, &[keyed("one")]).await[0], Outcome::New(_)), "the key is forgotten");
        assert_eq!(sweep(31, 0, 2).await, 0);
    }
}
