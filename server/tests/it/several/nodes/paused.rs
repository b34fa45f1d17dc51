//! A node paused within a transaction, holding the lock that every node's journal needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};

use super::{Shared, has_postgres, send_until_stored, soon};
use crate::harness::{TestServer, User};

/// How many times the node must be paused while it holds the lock.
const CATCHES: usize = 3;

/// Returns whether an idle transaction holds the journal's lock.
async fn is_lock_held(database: &mut PgConnection) -> bool {
    let sql = "select count(*) from pg_locks l join pg_stat_activity a using (pid)
               where l.locktype = 'advisory' and l.granted and a.datname = current_database()
                 and a.state like 'idle in transaction%'";
    sqlx::query_scalar::<_, i64>(sql).fetch_one(database).await.unwrap() > 0
}

/// Sends messages one by one, retrying each until it is stored. Returns how many were stored.
async fn keep_sending(user: User, stop: Arc<AtomicBool>) -> usize {
    let mut stored = 0;
    while !stop.load(Ordering::Relaxed) {
        let key = format!("{}-{stored}", user.name);
        send_until_stored(&user, &key, &key).await;
        stored += 1;
    }
    stored
}

#[tokio::test]
async fn a_node_paused_with_the_journals_lock_does_not_block_the_others_and_loses_nothing() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let mut database = PgConnection::connect(&shared.database).await.unwrap();
    let bob = nodes[1].guest("bob").await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut sending = Vec::new();
    for n in 0..8 {
        let user = nodes[0].guest(&format!("sender-{n}")).await;
        sending.push(tokio::spawn(keep_sending(user, Arc::clone(&stop))));
    }
    let (mut caught, begun) = (0, Instant::now());
    let mut own = 0;
    while caught < CATCHES {
        assert!(begun.elapsed() < Duration::from_secs(300), "caught {caught} times");
        nodes[0].signal("STOP").await;
        if is_lock_held(&mut database).await {
            caught += 1;
            // While the node is paused, PostgreSQL takes the lock away from it.
            send_until_stored(&bob, "in the meantime", &own.to_string()).await;
            own += 1;
        }
        nodes[0].signal("CONT").await;
        // Let the load continue before the next attempt.
        send_until_stored(&bob, "all of us", &own.to_string()).await;
        own += 1;
    }
    stop.store(true, Ordering::Relaxed);
    let mut sent = own;
    for sending in sending {
        sent += sending.await.unwrap();
    }
    let stored: i64 = sqlx::query_scalar("select count(*) from messages").fetch_one(&mut database).await.unwrap();
    assert_eq!(stored, sent as i64, "each message once, although many were sent again");
    for node in &nodes {
        let mut there = bob.at(node).on_new_connections();
        soon("the node knows all messages", async || {
            there.get_json("/status?room=general").await["conversations"][0]["newest"] == stored
        })
        .await;
        let mut seqs = Vec::new();
        while seqs.len() < sent {
            let messages = there.poll("&wait=20&limit=500").await.messages;
            assert!(!messages.is_empty(), "{} of {sent}", seqs.len());
            seqs.extend(messages.iter().map(|message| message.seq));
        }
        assert!(seqs.into_iter().eq(1..=stored), "in order and without gaps");
    }
}
