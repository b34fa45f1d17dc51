//! Who is online on which node. On SQLite there is no other node.

use std::collections::HashSet;

use super::{guest, on_both, write};
use crate::store::Store;

/// Another node on the same database.
fn other_node(store: &Store) -> Store {
    Store { node: store.node + 1, ..store.clone() }
}

on_both! {
    async fn who_comes_and_goes_is_seen_from_other_nodes(store) {
        let (alice, bob) = (guest(store, "alice").await.id, guest(store, "bob").await.id);
        let there = other_node(store);
        let update = async |afresh: bool, came: &[i64], went: &[i64]| {
            let went: HashSet<_> = went.iter().copied().collect();
            write(store, async |transaction| transaction.update_presence(afresh, came, &went).await).await;
        };
        let seen = |users: &[i64]| if store.is_shared() { users.to_vec() } else { Vec::new() };
        update(true, &[bob, alice], &[]).await;
        assert_eq!(there.list_online_elsewhere().await.unwrap(), seen(&[alice, bob]));
        assert_eq!(store.list_online_elsewhere().await.unwrap(), [0; 0], "its own are not elsewhere");
        update(false, &[alice], &[bob]).await;
        assert_eq!(there.list_online_elsewhere().await.unwrap(), seen(&[alice]));
        update(true, &[bob], &[]).await;
        assert_eq!(there.list_online_elsewhere().await.unwrap(), seen(&[bob]), "nothing from before counts");
    }

    async fn a_node_that_goes_takes_its_users_with_it(store) {
        let alice = guest(store, "alice").await.id;
        let there = other_node(store);
        let tell = async || {
            write(store, async |transaction| transaction.update_presence(false, &[alice], &HashSet::new()).await).await
        };
        tell().await;
        assert!(tell().await, "it is known");
        write(store, async |transaction| transaction.delete_nodes(false).await).await;
        assert_eq!(there.list_online_elsewhere().await.unwrap().len(), usize::from(store.is_shared()));
        write(store, async |transaction| transaction.delete_nodes(true).await).await;
        assert_eq!(there.list_online_elsewhere().await.unwrap(), [0; 0]);
        assert_eq!(tell().await, !store.is_shared(), "it had been forgotten");
    }
}
