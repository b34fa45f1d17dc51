//! A thousand streams: each receives the message once, without a query.

use crate::harness::{EventStream, LocalServer, at_once, database, until};

const STREAMS: usize = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn one_send_reaches_a_thousand_streams_once_each_without_a_query() {
    let server = LocalServer::start().await;
    let sender = server.guest("sender").await;
    sender.say("general", "to warm up").await;
    let mut streams = Vec::new();
    for n in 0..STREAMS {
        let user = server.guest(&format!("user-{n}")).await;
        let mut stream = EventStream::open(&user, "/poll").await;
        stream.opening_id().await;
        streams.push(stream);
    }
    until("all streams are held", async || server.observer.held_requests() == STREAMS).await;

    for text in ["to everybody", "to everybody, once more"] {
        let before = server.observer.query_count();
        let sent = sender.say("general", text).await;
        let pages =
            at_once(streams.into_iter().map(|mut stream| async move { (stream.next_page().await, stream) })).await;
        let queries = server.observer.query_count() - before;
        // See `polling/thousand.rs`.
        let most = if database::is_postgres() { 16 } else { 8 };
        assert!(queries <= most, "{queries} queries for one send and {STREAMS} deliveries");
        assert!(pages.iter().all(|(page, _)| page.messages == [sent.clone()]));
        streams = pages.into_iter().map(|(_, stream)| stream).collect();
    }
    assert_eq!(streams.len(), STREAMS);
}
