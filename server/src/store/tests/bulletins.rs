//! Bulletins and notifications between nodes. On SQLite there are no other nodes, and every call is a no-op.

use std::time::Duration;

use super::{guest, on_both, write};
use crate::store::{Bulletin, Heads, Position, Store};

fn sign_out(id: &str) -> Bulletin {
    Bulletin { ended_sessions: vec![id.to_owned()], ..Bulletin::default() }
}

async fn tell(store: &Store, bulletin: &Bulletin, newest: i64) -> i64 {
    write(store, async |transaction| transaction.insert_bulletin(bulletin, newest).await).await
}

on_both! {
    async fn bulletins_after_a_known_one_are_listed_in_order(store) {
        let begin = store.find_heads().await.unwrap();
        let position = Position { user_id: 1, conversation_id: 2, since_seq: 3, seq: 4, resets: 5 };
        let all = Bulletin { members: vec![7, 8], positions: vec![position], ..sign_out("a") };
        let first = tell(store, &all, begin.event).await;
        let second = tell(store, &sign_out("b"), begin.event).await;
        assert_eq!(tell(store, &Bulletin::default(), begin.event).await, second, "nothing to tell");
        assert_eq!(store.find_heads().await.unwrap().bulletin, second);
        let told = store.list_bulletins(begin.bulletin, second).await.unwrap().expect("no bulletin was deleted");
        if !store.is_shared() {
            assert_eq!((first, second, told.len()), (0, 0, 0));
            return;
        }
        assert!(begin.bulletin < first && first < second);
        assert_eq!(told.len(), 2);
        let (id, told) = &told[0];
        assert_eq!(*id, first);
        assert_eq!((told.ended_sessions.as_slice(), &told.members[..]), (["a".to_owned()].as_slice(), &[7, 8][..]));
        assert_eq!(told.positions, [position]);
        assert_eq!(store.list_bulletins(first, second).await.unwrap().unwrap()[0].1.ended_sessions, ["b"]);
    }

    async fn many_bulletins_are_listed_in_several_steps(store) {
        if !store.is_shared() {
            return;
        }
        let mut after = store.find_heads().await.unwrap().bulletin;
        let names: Vec<_> = (0..150).map(|n| n.to_string()).collect();
        for name in &names {
            tell(store, &sign_out(name), 0).await;
        }
        let upto = store.find_heads().await.unwrap().bulletin;
        let (mut ended, mut steps) = (Vec::new(), 0);
        while after < upto {
            let told = store.list_bulletins(after, upto).await.unwrap().expect("none is missing");
            after = told.last().expect("there are more").0;
            ended.extend(told.into_iter().flat_map(|(_, bulletin)| bulletin.ended_sessions));
            steps += 1;
        }
        assert_eq!(ended, names);
        assert!(steps > 1, "a node that was paused for minutes reads little at once");
    }

    async fn a_node_that_missed_deleted_bulletins_is_told_so(store) {
        let begin = store.find_heads().await.unwrap();
        let newest = tell(store, &sign_out("a"), begin.event).await;
        write(store, async |transaction| transaction.delete_bulletins(-1).await).await;
        let told = store.list_bulletins(begin.bulletin, newest).await.unwrap();
        assert!(told.is_some(), "the one that is kept follows the known one");
        let newest = tell(store, &sign_out("c"), begin.event).await;
        write(store, async |transaction| transaction.delete_bulletins(-1).await).await;
        let told = store.list_bulletins(begin.bulletin, newest).await.unwrap();
        assert_eq!(told.is_none(), store.is_shared());
        assert!(store.list_bulletins(newest, newest).await.unwrap().is_some_and(|told| told.is_empty()));
        let next = tell(store, &sign_out("b"), begin.event).await;
        let told = store.list_bulletins(newest, next).await.unwrap().expect("the newest is kept");
        assert_eq!(told.len(), usize::from(store.is_shared()));
    }

    async fn a_bulletin_by_a_clock_that_is_behind_is_not_deleted_between_two_that_stay(store) {
        if !store.is_shared() {
            return;
        }
        let first = tell(store, &sign_out("a"), 0).await;
        tell(store, &sign_out("b"), 0).await;
        let last = tell(store, &sign_out("c"), 0).await;
        let behind = "update bulletins set created_at = created_at - 6 * 60 * 1000
                      where id not in (select min(id) from bulletins union select max(id) from bulletins)";
        write(store, async |transaction| transaction.run(behind).await).await;
        // Nodes keep them for this long.
        write(store, async |transaction| transaction.delete_bulletins(5 * 60 * 1000).await).await;
        let told = store.list_bulletins(first, last).await.unwrap().expect("none is missing");
        let ended: Vec<_> = told.into_iter().flat_map(|(_, bulletin)| bulletin.ended_sessions).collect();
        assert_eq!(ended, ["b", "c"]);
    }

    async fn a_listening_node_hears_how_far_the_database_has_come(store) {
        guest(store, "alice").await;
        let Some(mut notifications) = store.listen().await.unwrap() else {
            assert!(!store.is_shared());
            store.notify(Heads::default()).await.unwrap();
            return;
        };
        let heads = Heads { event: 7, bulletin: 8 };
        store.notify(heads).await.unwrap();
        let bulletin = tell(store, &sign_out("a"), 9).await;
        tell(store, &Bulletin::default(), 10).await;
        let mut heard = Vec::new();
        for _ in 0..3 {
            let next = tokio::time::timeout(Duration::from_secs(20), notifications.next()).await;
            heard.push(next.expect("a notification arrives").unwrap());
        }
        assert_eq!(heard, [heads, Heads { event: 9, bulletin }, Heads { event: 10, bulletin }]);
    }
}
