//! Sessions and idempotency keys, and how they end.

use super::{draft, guest, on_both, post, say, sign_in, write};
use crate::store::{Draft, Outcome, Renewal, User};

on_both! {
    async fn a_session_is_open_until_it_is_signed_out(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        for (id, user) in [("one", &alice), ("two", &alice), ("bob's", &bob)] {
            sign_in(store, id, user, 2).await;
        }
        let asked = ["one", "bob's", "three", "two"];
        let found = async || write(store, async |transaction| transaction.list_session_users(&asked).await).await;
        let new = Renewal::default();
        let of = |sessions: &[(&str, &User)]| {
            sessions.iter().map(|&(id, user)| (id.to_owned(), (user.clone(), new))).collect()
        };
        assert_eq!(found().await, of(&[("one", &alice), ("two", &alice), ("bob's", &bob)]));
        write(store, async |transaction| transaction.delete_sessions(&["one", "three"]).await).await;
        assert_eq!(found().await, of(&[("two", &alice), ("bob's", &bob)]));
        let asked = ["one", "two", "three"].map(str::to_owned);
        assert_eq!(store.list_open_sessions(&asked).await.unwrap(), [("two".to_owned(), new)].into());
    }

    async fn renewals_are_written_for_many_sessions_and_their_ends_never_move_back(store) {
        let alice = guest(store, "alice").await;
        for (id, expires_ms) in [("one", 100), ("two", 200), ("other", 100)] {
            sign_in(store, id, &alice, expires_ms).await;
        }
        let at = |generation, at_ms| Renewal { generation, at_ms, used_generation: 0 };
        let renewed = [("one", at(1, 50), 160), ("two", at(3, 60), 160), ("none", at(1, 50), 160)];
        write(store, async |transaction| transaction.renew_sessions(&renewed).await).await;
        for used in [[("one", 1), ("two", 2)], [("one", 0), ("none", 1)]] {
            write(store, async |transaction| transaction.record_used(&used).await).await;
        }
        let one = Renewal { used_generation: 1, ..at(1, 50) };
        let two = Renewal { used_generation: 2, ..at(3, 60) };
        let asked = ["one", "two", "other", "none"];
        let expected = [("one", one), ("two", two), ("other", Renewal::default())];
        let expected = expected.map(|(id, renewal)| (id.to_owned(), renewal)).into();
        assert_eq!(store.list_open_sessions(&asked.map(str::to_owned)).await.unwrap(), expected);
        let found = write(store, async |transaction| transaction.list_renewals(&asked).await).await;
        assert_eq!(found, expected);
        let found = write(store, async |transaction| transaction.list_session_users(&["one"]).await).await;
        assert_eq!(found["one"], (alice, one));
        for (now_ms, open) in [(159, 2), (161, 1)] {
            write(store, async |transaction| transaction.delete_expired(now_ms, 0, 10).await).await;
            let found = write(store, async |transaction| transaction.list_renewals(&asked).await).await;
            assert_eq!(found.len(), open, "{now_ms}");
        }
    }

    async fn how_far_rows_are_swept_is_remembered(store) {
        let find = async || write(store, async |transaction| transaction.find_swept_until().await).await;
        assert_eq!(find().await, None);
        let alice = guest(store, "alice").await;
        sign_in(store, "one", &alice, 100).await;
        assert_eq!(find().await, Some(1), "when the newest session began");
        for swept_until in [20, 10] {
            write(store, async |transaction| transaction.set_swept_until(swept_until).await).await;
            assert_eq!(find().await, Some(swept_until));
        }
    }

    async fn the_newest_time_is_that_of_a_sweep_or_of_a_message(store) {
        assert_eq!(store.find_newest_time().await.unwrap(), None);
        let alice = guest(store, "alice").await;
        sign_in(store, "one", &alice, 100).await;
        assert_eq!(store.find_newest_time().await.unwrap(), Some(1), "when the newest session began");
        write(store, async |transaction| transaction.set_swept_until(20).await).await;
        assert_eq!(store.find_newest_time().await.unwrap(), Some(20));
        let before_ms = crate::domain::clock::now_ms();
        say(store, 1, &alice, &["hello"]).await;
        assert!(store.find_newest_time().await.unwrap().is_some_and(|newest_ms| newest_ms >= before_ms));
        write(store, async |transaction| transaction.set_swept_until(i64::MAX).await).await;
        assert_eq!(store.find_newest_time().await.unwrap(), Some(i64::MAX));
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
        let mut open: Vec<_> = open.into_keys().collect();
        open.sort_unstable();
        assert_eq!(open, ["c", "d"]);
        assert_eq!(sweep(31, 0, 2).await, 1);
        assert!(matches!(post(store, &[keyed("one")]).await[0], Outcome::Repeated(_)), "the key is known");
        assert_eq!(sweep(31, i64::MAX, 2).await, 1);
        assert!(matches!(post(store, &[keyed("one")]).await[0], Outcome::New(_)), "the key is forgotten");
        assert_eq!(sweep(31, 0, 2).await, 0);
    }
}
