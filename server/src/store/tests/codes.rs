//! Codes, and the rooms that invitations lead to.

use super::{account, guest, on_both, room, sign_in, write};
use crate::store::{Began, CodeKind, NewCode, Rank, SignUpKey, Store, User};

fn code(hash: &str, kind: CodeKind, user: &User) -> NewCode {
    NewCode {
        hash: hash.to_owned(),
        kind,
        user_id: (kind != CodeKind::Invitation).then_some(user.id),
        created_by: Some(user.id),
        guest: false,
        admin: false,
        uses: 2,
        created_at: 1,
        expires_at: 100,
    }
}

async fn insert(store: &Store, code: &NewCode, rooms: &[i64]) -> i64 {
    write(store, async |transaction| transaction.insert_code(code, rooms).await).await
}

on_both! {
    async fn a_code_is_found_by_its_hash_with_the_uses_that_are_left(store) {
        let alice = account(store, "alice", Some("hash")).await.unwrap();
        let id = insert(store, &code("a", CodeKind::Invitation, &alice), &[]).await;
        write(store, async |transaction| transaction.set_admin(alice.id, true).await).await;
        insert(store, &NewCode { guest: true, admin: true, ..code("b", CodeKind::Recovery, &alice) }, &[]).await;
        let [a, b] = [store.find_code("a").await.unwrap().unwrap(), store.find_code("b").await.unwrap().unwrap()];
        assert_eq!((a.id, a.kind, a.user_id, a.guest, a.admin), (id, CodeKind::Invitation, None, false, false));
        assert_eq!((b.kind, b.user_id, b.guest, b.admin), (CodeKind::Recovery, Some(alice.id), true, true));
        for left in [1, 0, 0] {
            write(store, async |transaction| transaction.take_use(id).await).await;
            let found = write(store, async |transaction| transaction.find_code("a").await).await.unwrap();
            assert_eq!((found.uses_left, found.expires_at), (left, 100));
        }
        assert_eq!(store.find_code("c").await.unwrap(), None);
        write(store, async |transaction| transaction.set_admin(alice.id, false).await).await;
        assert_eq!(store.find_code("b").await.unwrap(), None, "only an administrator's lets a user recover");
    }

    async fn invitations_are_listed_while_they_work_and_revoked_by_those_who_may(store) {
        let (alice, bob) = (account(store, "alice", Some("a")).await.unwrap(), account(store, "bob", Some("b")).await.unwrap());
        let (ops, _) = room(store, "ops", &alice).await;
        let (dev, _) = room(store, "dev", &alice).await;
        let one = insert(store, &code("1", CodeKind::Invitation, &alice), &[ops, dev, ops]).await;
        let two = insert(store, &code("2", CodeKind::Invitation, &bob), &[]).await;
        let shell = insert(store, &NewCode { created_by: None, ..code("3", CodeKind::Invitation, &bob) }, &[]).await;
        insert(store, &code("4", CodeKind::Device, &alice), &[]).await;
        let listed = async |of, after, limit, now| {
            let invitations = store.list_invitations(of, after, limit, now, true).await.unwrap();
            invitations.into_iter().map(|invitation| (invitation.id, invitation.created_by)).collect::<Vec<_>>()
        };
        let (alices, bobs) = (Some("alice".to_owned()), Some("bob".to_owned()));
        assert_eq!(listed(None, 0, 9, 50).await, [(one, alices.clone()), (two, bobs.clone()), (shell, None)]);
        assert_eq!(listed(Some(bob.id), 0, 9, 50).await, [(two, bobs)]);
        assert_eq!(listed(None, two, 9, 50).await, [(shell, None)]);
        assert_eq!(listed(None, 0, 1, 50).await, [(one, alices)]);
        assert_eq!(listed(None, 0, 9, 100).await, []);
        let of_authority = async || {
            let invitations = store.list_invitations(None, 0, 9, 50, false).await.unwrap();
            invitations.into_iter().map(|invitation| invitation.id).collect::<Vec<_>>()
        };
        assert_eq!(of_authority().await, [shell]);
        write(store, async |transaction| transaction.set_admin(alice.id, true).await).await;
        assert_eq!(of_authority().await, [one, shell]);
        let authority = async |hash| store.find_code(hash).await.unwrap().unwrap().by_authority;
        assert_eq!((authority("1").await, authority("2").await, authority("3").await), (true, false, true));
        let rooms = store.list_invited_rooms(&[one, two], None).await.unwrap();
        assert_eq!(rooms.len(), 1);
        assert_eq!(rooms[&one], ["dev", "ops"]);
        let revoke = async |id, of| write(store, async |transaction| transaction.revoke_invitation(id, of).await).await;
        assert_eq!([revoke(one, Some(bob.id)).await, revoke(one, Some(alice.id)).await, revoke(one, None).await], [false, true, false]);
    }

    async fn a_user_enters_only_the_rooms_that_the_maker_may_still_invite_into(store) {
        let (alice, bob) = (account(store, "alice", Some("a")).await.unwrap(), guest(store, "bob").await);
        let (open, open_conversation) = room(store, "open", &alice).await;
        let (closed, closed_conversation) = room(store, "closed", &alice).await;
        let execute = async |sql: &'static str| write(store, async |transaction| transaction.run(sql).await).await;
        write(store, async |transaction| {
            transaction.insert_membership(alice.id, closed_conversation, 0).await?;
            transaction.run("update rooms set private = 1 where name = 'closed'").await
        }).await;
        let may = async |names: &[&str], user: Option<&User>| {
            let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
            let user = user.map(|user| user.id);
            write(store, async |transaction| transaction.list_rooms_to_invite_into(&names, user).await).await
        };
        assert_eq!(may(&["open", "closed", "none"], Some(&alice)).await, [(open, true), (closed, false)]);
        execute("update memberships set role = 'owner' where user_id = (select id from users where name = 'alice')").await;
        assert_eq!(may(&["closed"], Some(&alice)).await, [(closed, true)]);
        assert_eq!(may(&["open", "closed"], Some(&bob)).await, [(open, true)]);
        assert_eq!(may(&["open", "closed"], None).await, [(open, true)]);
        let id = insert(store, &code("1", CodeKind::Invitation, &alice), &[open, closed]).await;
        let enter = async |user: &User| {
            write(store, async |transaction| transaction.list_rooms_to_enter(id, user.id).await).await
        };
        let (to_open, to_closed) = (open_conversation, closed_conversation);
        assert_eq!(enter(&bob).await, [to_open, to_closed]);
        assert_eq!(enter(&alice).await, [to_open], "alice is in the other");
        execute("insert into bans (conversation_id, user_id, banned_at) select r.conversation_id, u.id, 1 from rooms r, users u where r.name = 'open' and u.name = 'bob'").await;
        assert_eq!(enter(&bob).await, [to_closed]);
        execute("update memberships set role = 'member'").await;
        assert_eq!(enter(&bob).await, [0; 0]);
        assert!(write(store, async |transaction| transaction.insert_guest_rooms(bob.id, id).await).await);
        assert!(!write(store, async |transaction| transaction.insert_guest_rooms(bob.id, id).await).await);
    }

    async fn ranks_follow_what_administrators_decide(store) {
        assert!(!store.has_users().await.unwrap());
        let (alice, bob) = (account(store, "alice", Some("a")).await.unwrap(), guest(store, "bob").await);
        assert!(store.has_users().await.unwrap());
        assert_eq!(store.find_rank(alice.id).await.unwrap(), Some(Rank { admin: false, guest: false }));
        assert_eq!(store.find_rank(bob.id).await.unwrap(), Some(Rank { admin: false, guest: true }));
        write(store, async |transaction| transaction.set_admin(alice.id, true).await).await;
        let rank = write(store, async |transaction| transaction.find_rank(alice.id).await).await;
        assert_eq!(rank, Some(Rank { admin: true, guest: false }));
        insert(store, &code("1", CodeKind::Invitation, &alice), &[]).await;
        write(store, async |transaction| transaction.run("update users set disabled_at = 1").await).await;
        assert_eq!(store.find_rank(alice.id).await.unwrap(), None);
        assert_eq!(store.find_code("1").await.unwrap(), None);
    }

    async fn a_recovery_ends_sessions_and_its_key_is_found_again(store) {
        let (alice, bob) = (account(store, "alice", Some("a")).await.unwrap(), guest(store, "bob").await);
        for (id, user) in [("a1", &alice), ("a2", &alice), ("b1", &bob)] {
            sign_in(store, id, user, 100).await;
        }
        let mut ended = write(store, async |transaction| transaction.delete_sessions_of(alice.id, None).await).await;
        ended.sort_unstable();
        assert_eq!(ended, ["a1", "a2"]);
        sign_in(store, "a3", &alice, 100).await;
        write(store, async |transaction| transaction.let_set_password("a3").await).await;
        let key = SignUpKey { hash: "key".to_owned(), payload: 1 };
        let began = Began { user_id: alice.id, general_seq: 0, event_id: 0 };
        let find = async || write(store, async |transaction| transaction.find_sign_up(&key).await).await;
        assert_eq!(find().await, None);
        write(store, async |transaction| transaction.insert_sign_up_keys(&[(key.clone(), began)], 1).await).await;
        assert_eq!(find().await, Some(began));
    }

    async fn the_codes_of_a_user_are_deleted_but_for_one(store) {
        let (alice, bob) = (account(store, "alice", Some("a")).await.unwrap(), account(store, "bob", Some("b")).await.unwrap());
        insert(store, &code("1", CodeKind::Device, &alice), &[]).await;
        let kept = insert(store, &code("2", CodeKind::Device, &alice), &[]).await;
        insert(store, &code("3", CodeKind::Device, &bob), &[]).await;
        insert(store, &code("4", CodeKind::Invitation, &alice), &[]).await;
        let left = async || {
            let mut left = Vec::new();
            for hash in ["1", "2", "3", "4"] {
                left.extend(store.find_code(hash).await.unwrap().map(|_| hash));
            }
            left
        };
        write(store, async |transaction| transaction.delete_codes_of(alice.id, Some(kept)).await).await;
        assert_eq!(left().await, ["2", "3", "4"]);
        write(store, async |transaction| transaction.delete_codes_of(alice.id, None).await).await;
        assert_eq!(left().await, ["3", "4"]);
    }

    async fn expired_codes_are_deleted_a_few_at_a_time(store) {
        let alice = account(store, "alice", Some("a")).await.unwrap();
        let (ops, _) = room(store, "ops", &alice).await;
        for (n, hash) in ["1", "2", "3"].into_iter().enumerate() {
            let code = NewCode { expires_at: n as i64, ..code(hash, CodeKind::Invitation, &alice) };
            insert(store, &code, &[ops]).await;
        }
        let delete = async |now, limit| write(store, async |transaction| transaction.delete_expired_codes(now, limit).await).await;
        assert_eq!([delete(2, 1).await, delete(2, 9).await, delete(2, 9).await], [1, 1, 0]);
        assert!(store.find_code("3").await.unwrap().is_some() && store.find_code("2").await.unwrap().is_none());
    }
}
