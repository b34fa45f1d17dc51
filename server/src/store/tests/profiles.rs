//! What users and administrators see of accounts and change in them.

use super::{account, guest, on_both, sign_in, write};
use crate::store::{Profile, SignInProof, User};

fn users(profiles: Vec<Profile>) -> Vec<User> {
    profiles.into_iter().map(|profile| profile.user).collect()
}

on_both! {
    async fn a_display_name_is_set_and_removed(store) {
        let (alice, bob) = (guest(store, "alice").await, account(store, "bob", Some("hash")).await.unwrap());
        for name in [Some("Alice Miller"), Some("山田"), None] {
            write(store, async |transaction| transaction.update_display_name(alice.id, name).await).await;
            let profile = store.find_profile(alice.id).await.unwrap().unwrap();
            assert_eq!((profile.user, profile.display_name.as_deref()), (alice.clone(), name));
        }
        let profile = store.find_profile(bob.id).await.unwrap().unwrap();
        assert_eq!((profile.user, profile.is_admin, profile.created_at), (bob.clone(), false, 1));
        assert_eq!((profile.display_name, profile.disabled_at, profile.deleted_at), (None, None, None));
        assert_eq!(store.find_profile(bob.id + 100).await.unwrap(), None);
    }

    async fn a_password_is_replaced_only_if_it_is_the_known_one(store) {
        let alice = guest(store, "alice").await;
        let update = async |known: Option<&str>, hash: &str| {
            write(store, async |transaction| transaction.update_password(alice.id, known, hash).await).await
        };
        assert!(!update(Some("first"), "second").await);
        assert!(update(None, "first").await);
        assert!(!update(None, "second").await, "it is an account by now");
        assert!(update(Some("first"), "second").await);
        let found = store.find_account("alice", "192.0.2.1".to_owned()).await.unwrap().unwrap();
        assert_eq!((found.password_hash.as_deref(), found.user.guest), (Some("second"), false));
    }

    async fn a_session_has_the_right_to_set_a_password_once(store) {
        let alice = account(store, "alice", Some("hash")).await.unwrap();
        sign_in(store, "one", &alice, 100).await;
        let network = || "192.0.2.1".to_owned();
        let take = async || write(store, async |transaction| transaction.take_right_to_set_password("one").await).await;
        assert!(!take().await);
        let found = store.find_credentials("one", network()).await.unwrap().unwrap();
        let known = (found.password_hash.as_deref(), found.may_set_password, found.knows_network);
        assert_eq!(known, (Some("hash"), false, false));
        let networks = [(alice.id, network())];
        write(store, async |transaction| transaction.remember_networks(&networks, 1).await).await;
        assert!(store.find_credentials("one", network()).await.unwrap().unwrap().knows_network);
        assert!(store.find_credentials("two", network()).await.unwrap().is_none());
    }

    async fn sessions_of_a_user_are_listed_seen_and_ended(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        for (id, user) in [("one", &alice), ("two", &alice), ("three", &alice), ("old", &alice), ("bob's", &bob)] {
            sign_in(store, id, user, if id == "old" { 10 } else { 100 }).await;
        }
        let list = async || {
            let sessions = store.list_sessions_of(alice.id, 50).await.unwrap();
            sessions.into_iter().map(|session| (session.id, session.seen_at)).collect::<Vec<_>>()
        };
        let sessions = |sessions: &[(&str, i64)]| {
            sessions.iter().map(|&(id, seen_at)| (id.to_owned(), seen_at)).collect::<Vec<_>>()
        };
        assert_eq!(list().await, sessions(&[("one", 1), ("three", 1), ("two", 1)]));
        let seen = sessions(&[("one", 40), ("two", 0), ("none", 40)]);
        write(store, async |transaction| transaction.record_seen(&seen).await).await;
        assert_eq!(list().await, sessions(&[("one", 40), ("three", 1), ("two", 1)]), "never back");
        let first = store.list_sessions_of(alice.id, 50).await.unwrap().remove(0);
        assert_eq!((first.client.as_str(), first.address.as_str(), first.created_at), ("curl", "192.0.2.1", 1));
        let end = async |id: &'static str| {
            write(store, async |transaction| transaction.delete_session_of(alice.id, id).await).await
        };
        assert!(!end("bob's").await && end("two").await && !end("two").await);
        let end_all = async |but: Option<&'static str>| {
            let mut ended =
                write(store, async |transaction| transaction.delete_sessions_of(alice.id, but).await).await;
            ended.sort_unstable();
            ended
        };
        assert_eq!(end_all(Some("one")).await, ["old", "three"]);
        assert_eq!(end_all(None).await, ["one"]);
        assert_eq!(list().await, []);
        assert_eq!(store.list_sessions_of(bob.id, 50).await.unwrap().len(), 1);
    }

    async fn users_are_picked_by_name(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        let names = ["bob", "nobody", "alice"].map(str::to_owned);
        assert_eq!(users(store.list_profiles_named(&names).await.unwrap()), [alice, bob]);
        assert_eq!(store.list_profiles_named(&[]).await.unwrap(), []);
    }

    async fn users_are_listed_by_the_beginning_of_their_names(store) {
        let mut made = Vec::new();
        for name in ["ann", "bob", "anna", "a_n", "an"] {
            made.push(guest(store, name).await);
        }
        let begin = async |after, prefix, limit| users(store.list_profiles(after, prefix, limit).await.unwrap());
        assert_eq!(begin(0, "ann", 9).await, [made[0].clone(), made[2].clone()]);
        assert_eq!(begin(made[0].id, "an", 1).await, [made[2].clone()]);
        assert_eq!(begin(0, "a_", 9).await, [made[3].clone()]);
        assert_eq!(begin(0, "annabel", 9).await, []);
    }

    async fn users_are_listed_by_id(store) {
        let mut made = Vec::new();
        for name in ["b", "a", "c", "0"] {
            made.push(guest(store, name).await);
        }
        assert_eq!(users(store.list_profiles(0, "", 10).await.unwrap()), made);
        assert_eq!(users(store.list_profiles(made[0].id, "", 2).await.unwrap()), made[1..3]);
        let some = [made[3].id, made[0].id, 9999];
        assert_eq!(users(store.list_profiles_with_ids(&some).await.unwrap()), [made[0].clone(), made[3].clone()]);
        assert_eq!(store.list_profiles_with_ids(&[]).await.unwrap(), []);
    }

    async fn an_administrator_is_one_who_may_sign_in(store) {
        let (alice, bob) = (account(store, "alice", Some("hash")).await.unwrap(), guest(store, "bob").await);
        let admins = async || {
            write(store, async |transaction| {
                let is_admin = transaction.is_admin(alice.id).await?;
                Ok((is_admin, transaction.has_other_admin(bob.id).await?, transaction.has_other_admin(alice.id).await?))
            })
            .await
        };
        let proven_by = async |proof: SignInProof| {
            write(store, async |transaction| transaction.find_user_to_sign_in(alice.id, &proof).await).await
        };
        let sign_in = async || proven_by(SignInProof::Password("hash".into())).await.map(|(user, _)| user);
        assert_eq!(admins().await, (false, false, false));
        write(store, async |transaction| transaction.set_admin(alice.id, true).await).await;
        assert_eq!((admins().await, sign_in().await), ((true, true, false), Some(alice.clone())));
        super::sign_in(store, "open", &alice, 9).await;
        let has = async |id: &str| write(store, async |transaction| transaction.has_session(id).await).await;
        assert_eq!((has("open").await, has("ended").await), (true, false));
        for (proof, holds) in [
            (SignInProof::Session("open".into()), true),
            (SignInProof::Password("hash".into()), true),
            (SignInProof::Password("an earlier one".into()), false),
            (SignInProof::Session("ended".into()), false),
            (SignInProof::Proxy, true),
        ] {
            assert_eq!(proven_by(proof).await.map(|(_, is_proven)| is_proven), Some(holds));
        }
        write(store, async |transaction| transaction.set_disabled(alice.id, Some(7)).await).await;
        assert_eq!((admins().await, sign_in().await), ((false, false, false), None));
        let profile = write(store, async |transaction| transaction.find_profile(alice.id).await).await;
        assert_eq!(store.find_profile_by_name("alice").await.unwrap(), profile);
        assert_eq!(profile.map(|profile| (profile.is_admin, profile.disabled_at)), Some((true, Some(7))));
        write(store, async |transaction| transaction.set_disabled(alice.id, None).await).await;
        write(store, async |transaction| transaction.set_admin(alice.id, false).await).await;
        assert_eq!((admins().await, sign_in().await), ((false, false, false), Some(alice.clone())));
        write(store, async |transaction| transaction.set_admin(bob.id, true).await).await;
        assert_eq!(admins().await, (false, false, false), "a guest cannot sign in again");
        let dave = guest(store, "dave").await;
        write(store, async |transaction| transaction.set_admin(dave.id, true).await).await;
        assert_eq!(admins().await, (false, true, false), "a guest may stand in for another one");
        assert_eq!(store.find_profile_by_name("carol").await.unwrap(), None);
    }
}
