//! Presence of users on nodes. On SQLite there is no other node.

use std::collections::HashSet;

use super::{guest, on_both, write};
use crate::store::Store;

/// Another node on the same database.
fn other_node(store: &Store) -> Store {
    Store { node: store.node + 1, ..store.clone() }
}

on_both! {
    async fn other_nodes_see_users_come_and_go(store) {
        let (alice, bob) = (guest(store, "alice").await.id, guest(store, "bob").await.id);
        let there = other_node(store);
        let update = async |afresh: bool, came: &[i64], went: &[i64]| {
            let went: HashSet<_> = went.iter().copied().collect();
            write(store, async |transaction| transaction.update_presence(afresh, came, &went).await).await;
        };
        let seen = |users: &[i64]| if store.is_shared() { users.to_vec() } else { Vec::new() };
        update(true, &[bob, alice], &[]).await;
        assert_eq!(there.list_online_elsewhere().await.unwrap(), seen(&[alice, bob]));
        assert_eq!(store.list_online_elsewhere().await.unwrap(), [0; 0], "a node's own users are not elsewhere");
        update(false, &[alice], &[bob]).await;
        assert_eq!(there.list_online_elsewhere().await.unwrap(), seen(&[alice]));
        update(true, &[bob], &[]).await;
        assert_eq!(there.list_online_elsewhere().await.unwrap(), seen(&[bob]), "earlier reports are no longer valid");
    }

    async fn a_deleted_node_takes_its_users_with_it(store) {
        let alice = guest(store, "alice").await.id;
        let there = other_node(store);
        let tell = async || {
            write(store, async |transaction| transaction.update_presence(false, &[alice], &HashSet::new()).await).await
        };
        tell().await;
        assert!(tell().await, "the node is known");
        write(store, async |transaction| transaction.delete_nodes(false).await).await;
        assert_eq!(there.list_online_elsewhere().await.unwrap().len(), usize::from(store.is_shared()));
        write(store, async |transaction| transaction.delete_nodes(true).await).await;
        assert_eq!(there.list_online_elsewhere().await.unwrap(), [0; 0]);
        assert_eq!(tell().await, !store.is_shared(), "the node had been deleted");
    }
}
