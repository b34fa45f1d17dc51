//! History: pages of a room or direct conversation, and the links between them.

use linger_api::{Message, Page};
use reqwest::Response;
use serde_json::json;

use crate::harness::{TestServer, User, assert_problem, fifty_at_once};

/// Fetches a page and its links, `[prev, next]`.
async fn page(user: &User, path: &str) -> (Page, [Option<String>; 2]) {
    let response = user.get(path).await;
    assert_eq!(response.status(), 200, "{path}");
    let links = ["prev", "next"].map(|rel| link(&response, rel));
    let body = response.text().await.unwrap();
    assert!(body.len() <= 256 * 1024, "{} bytes", body.len());
    (serde_json::from_str(&body).unwrap(), links)
}

/// Returns the target of a relation in the `Link` header (RFC 8288).
fn link(response: &Response, rel: &str) -> Option<String> {
    let header = response.headers().get("link")?.to_str().unwrap();
    header.split(", ").find_map(|link| {
        let target = link.strip_suffix(&format!("; rel=\"{rel}\""))?;
        Some(target.strip_prefix('<')?.strip_suffix('>')?.to_owned())
    })
}

fn seqs(messages: &[Message]) -> Vec<i64> {
    messages.iter().map(|message| message.seq).collect()
}

/// Follows one relation (0 for `prev`, 1 for `next`) to its end. Returns the seqs of each page.
async fn walk(user: &User, start: &str, rel: usize) -> Vec<Vec<i64>> {
    let mut pages = Vec::new();
    let mut path = Some(start.to_owned());
    while let Some(this) = path {
        let (page, links) = page(user, &this).await;
        assert!(!page.messages.is_empty(), "no link leads to an empty page");
        assert_eq!(page.more, links[rel].is_some(), "`more` is true exactly if there is a link");
        pages.push(seqs(&page.messages));
        path = links[rel].clone();
    }
    pages
}

/// Connects alice and sends `count` messages with this text to a room and to bob. Returns the paths of both histories.
async fn alice_with_history(server: &TestServer, count: usize, text: &str) -> (User, [String; 2]) {
    let (alice, _bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    let paths = [format!("/room/{lobby}/messages"), "/direct/bob/messages".to_owned()];
    for path in &paths {
        let posts = fifty_at_once((0..count).map(|_| {
            let (alice, path, body) = (alice.clone(), path.clone(), json!({ "text": text }));
            async move { alice.post(&path, &body).await.status().as_u16() }
        }));
        assert!(posts.await.iter().all(|status| *status == 201));
    }
    (alice, paths)
}

#[tokio::test]
async fn a_page_has_the_newest_messages_or_those_before_or_after_a_seq() {
    let server = TestServer::start().await;
    let (alice, paths) = alice_with_history(&server, 10, "hi").await;
    for path in paths {
        let cases: [(&str, &[i64], bool); 12] = [
            ("", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], false),
            ("?limit=3", &[8, 9, 10], true),
            ("?limit=10", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], false),
            ("?before=8&limit=3", &[5, 6, 7], true),
            ("?before=4&limit=3", &[1, 2, 3], false),
            ("?before=99&limit=1", &[10], true),
            ("?before=1", &[], false),
            ("?after=3&limit=3", &[4, 5, 6], true),
            ("?after=7&limit=3", &[8, 9, 10], false),
            ("?after=0&limit=1", &[1], true),
            ("?after=10", &[], false),
            ("?after=8&limit=99999&colour=red", &[9, 10], false),
        ];
        for (query, expected, more) in cases {
            let (page, _) = page(&alice, &format!("{path}{query}")).await;
            assert_eq!((seqs(&page.messages).as_slice(), page.more), (expected, more), "{path}{query}");
        }
        let bad = ["limit=0", "limit=-1", "limit=x", "before=-1", "after=-1", "before=x", "before=2&after=1", "after="];
        for query in bad.into_iter().chain(["before=1&before=2", "after=99999999999999999999"]) {
            let response = alice.get(&format!("{path}?{query}")).await;
            assert_eq!(response.status(), 400, "{path}?{query}");
            assert_problem(response, 400, "bad-input").await;
        }
    }
}

#[tokio::test]
async fn links_lead_through_the_whole_history_both_ways_with_each_message_once() {
    let server = TestServer::start().await;
    let (alice, paths) = alice_with_history(&server, 50, "hi").await;
    for path in paths {
        let mut backward = walk(&alice, &format!("{path}?limit=7"), 0).await;
        assert!(backward[..7].iter().all(|page| page.len() == 7), "all pages but the last are full");
        backward.reverse();
        assert_eq!(backward.concat(), Vec::from_iter(1..=50));
        let forward = walk(&alice, &format!("{path}?after=0&limit=7"), 1).await;
        assert!(forward[..7].iter().all(|page| page.len() == 7));
        assert_eq!(forward.concat(), Vec::from_iter(1..=50));

        let (_, [prev, next]) = page(&alice, &format!("{path}?before=31&limit=5")).await;
        assert_eq!(page(&alice, &prev.unwrap()).await.0.messages.last().unwrap().seq, 25);
        assert_eq!(page(&alice, &next.unwrap()).await.0.messages[0].seq, 31);
        let (_, whole) = page(&alice, &path).await;
        assert_eq!(whole, [None, None], "a page with the whole history has no links");
    }
}

#[tokio::test]
async fn a_page_is_at_most_256_kib_and_the_links_lead_to_the_rest() {
    // A backslash is two bytes as JSON.
    for text in ["x".repeat(4096), "\\".repeat(4096)] {
        let server = TestServer::start().await;
        let (alice, paths) = alice_with_history(&server, 70, &text).await;
        for path in paths {
            let mut backward = walk(&alice, &format!("{path}?limit=500"), 0).await;
            assert!(backward.len() > 1 && backward[0].len() > 25, "{} on the first page", backward[0].len());
            assert_eq!(backward[0].last(), Some(&70), "the newest are on the newest page");
            backward.reverse();
            assert_eq!(backward.concat(), Vec::from_iter(1..=70));
            let forward = walk(&alice, &format!("{path}?after=0&limit=500"), 1).await;
            assert_eq!((forward[0][0], forward.concat()), (1, Vec::from_iter(1..=70)));
        }
    }
}

#[tokio::test]
async fn a_page_has_100_messages_by_default_and_500_at_most() {
    let server = TestServer::start().await;
    let (alice, paths) = alice_with_history(&server, 505, "hi").await;
    for path in paths {
        let lengths = |pages: Vec<Vec<i64>>| pages.iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths(walk(&alice, &format!("{path}?limit=99999"), 0).await), [500, 5]);
        assert_eq!(lengths(walk(&alice, &format!("{path}?limit=500&after=0"), 1).await), [500, 5]);
        assert_eq!(lengths(walk(&alice, &path, 0).await), [100, 100, 100, 100, 100, 5]);
    }
}

#[tokio::test]
async fn an_empty_conversation_has_one_empty_page_without_links() {
    let server = TestServer::start().await;
    let (alice, paths) = alice_with_history(&server, 0, "").await;
    for path in paths {
        for query in ["", "?before=5", "?after=0&limit=3"] {
            let (page, links) = page(&alice, &format!("{path}{query}")).await;
            assert_eq!((page.messages.len(), page.more, links), (0, false, [None, None]), "{path}{query}");
        }
    }
}
