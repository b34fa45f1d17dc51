//! Many senders on all nodes, and readers that move from node to node with one cursor.

use linger_api::Message;

use super::{Shared, has_postgres};
use crate::harness::{TestServer, User, at_once};

const SENDERS: usize = 9;
const MESSAGES_EACH: usize = 60;
const READERS: usize = 6;

/// Polls one node after the other until all messages have arrived.
async fn read_in_turn(mut reader: User, nodes: Vec<User>, all: usize, limit: usize) -> Vec<Message> {
    let mut messages = Vec::new();
    for node in nodes.iter().cycle() {
        let mut there = node.clone();
        there.cursor.clone_from(&reader.cursor);
        let polled = there.peek(&format!("&wait=20&limit={limit}")).await;
        assert!(!polled.messages.is_empty(), "{} of {all} messages arrived", messages.len());
        reader.cursor = polled.cursor;
        messages.extend(polled.messages);
        if messages.len() >= all {
            break;
        }
    }
    messages
}

#[tokio::test]
async fn readers_that_move_between_nodes_get_every_message_once_in_order() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 3] = shared.nodes().await;
    let mut readers = Vec::new();
    for number in 0..READERS {
        let reader = nodes[number % 3].guest(&format!("reader-{number}")).await;
        let bases: Vec<_> = (0..3).map(|step| reader.at(&nodes[(number + step) % 3])).collect();
        let limit = [3, 50, 500][number % 3];
        readers.push(read_in_turn(reader, bases, SENDERS * MESSAGES_EACH, limit));
    }
    let readings = tokio::spawn(at_once(readers));
    let mut senders = Vec::new();
    for number in 0..SENDERS {
        senders.push(nodes[number % 3].guest(&format!("sender-{number}")).await);
    }
    let sent = at_once(senders.into_iter().map(|sender| async move {
        let mut sent = Vec::new();
        for n in 0..MESSAGES_EACH {
            sent.push(sender.say("general", &format!("{n} from {}", sender.name)).await);
        }
        sent
    }));
    let sent = sent.await;
    assert!(sent.iter().all(|own| own.is_sorted_by(|one, next| one.id < next.id)), "each sender's own order");
    let mut sent = sent.concat();
    sent.sort_by_key(|message| message.id);
    let seqs: Vec<_> = sent.iter().map(|message| message.seq).collect();
    assert!(seqs.iter().copied().eq(1..=(SENDERS * MESSAGES_EACH) as i64), "seqs rise with the ids, without gaps");
    for read in readings.await.unwrap() {
        assert_eq!(read.len(), sent.len());
        assert!(read == sent, "every sent message once, in order");
    }
}
