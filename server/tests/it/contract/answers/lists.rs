//! Lists in pages: each links to the next, and costs no more than itself.

use linger_api::{Direct, Room, Status, UserPresence};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::contract::metrics::scrape;
use crate::harness::database::{count, execute};
use crate::harness::{TestServer, User, assert_problem, texts};

/// Follows the links from a page on, and returns the pages.
async fn walk<T: DeserializeOwned>(user: &User, path: &str) -> Vec<Vec<T>> {
    let (mut pages, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let response = user.get(&path).await;
        assert_eq!(response.status(), 200, "{path}");
        next = response.headers().get("link").map(|link| {
            let link = link.to_str().unwrap();
            link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).expect(link).to_owned()
        });
        pages.push(serde_json::from_value(response.json::<Value>().await.unwrap()).unwrap());
        assert!(pages.len() < 20, "it ends");
    }
    pages
}

async fn queries(server: &TestServer) -> f64 {
    scrape(server).await.value("linger_queries_total", &[])
}

#[tokio::test]
async fn every_list_links_to_its_next_page() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    for name in ["dave", "bob", "carol", "emil"] {
        let user = server.guest(name).await;
        user.tell("alice", "hi").await;
        alice.create_room(&format!("{name}s-room")).await;
    }
    let rooms = walk::<Room>(&alice, "/rooms?limit=2").await;
    let rooms: Vec<Vec<i64>> = rooms.iter().map(|page| page.iter().map(|room| room.id).collect()).collect();
    assert_eq!(rooms, [vec![1, 2], vec![3, 4], vec![5]]);
    let directs = walk::<Direct>(&alice, "/direct?limit=2").await;
    let directs: Vec<Vec<&str>> = directs.iter().map(|page| page.iter().map(|d| d.with.as_str()).collect()).collect();
    assert_eq!(directs, [["bob", "carol"], ["dave", "emil"]], "no link to an empty page");
    for filter in ["", "&online=true", "&names=emil,alice,carol,dave,nobody,bob"] {
        let users = walk::<UserPresence>(&alice, &format!("/users?limit=2{filter}")).await;
        let users: Vec<Vec<&str>> =
            users.iter().map(|page| page.iter().map(|user| user.name.as_str()).collect()).collect();
        assert_eq!(users, [vec!["alice", "dave"], vec!["bob", "carol"], vec!["emil"]], "{filter}");
    }
}

#[tokio::test]
async fn users_can_be_picked_by_name() {
    let mut server = TestServer::start().await;
    let (alice, bob, carol) = (server.guest("alice").await, server.guest("bob").await, server.guest("carol").await);
    server.restart().await;
    let pick = async |query: &str| -> Vec<(String, bool)> {
        let users: Vec<UserPresence> = serde_json::from_value(alice.get_json(query).await).unwrap();
        users.into_iter().map(|user| (user.name, user.online)).collect()
    };
    let (online, offline) = (("alice".to_owned(), true), ("carol".to_owned(), false));
    assert_eq!(pick("/users?names=Carol,alice,nobody").await, [online.clone(), offline]);
    assert_eq!(pick("/users?names=carol,alice&online=true").await, [online]);
    assert_eq!(pick("/users?names=nobody").await, []);
    for bad in ["names=", "names=a,,b", "names=a%20b", &format!("names={}", vec!["a"; 501].join(","))] {
        assert_problem(alice.get(&format!("/users?{bad}")).await, 400, "bad-input").await;
    }
    drop((bob, carol));
}

#[tokio::test]
async fn users_and_rooms_can_be_listed_by_the_beginning_of_their_names() {
    let server = TestServer::start().await;
    let root = server.guest("root").await;
    let mut users = Vec::new();
    for name in ["ann", "bob", "anna", "a_n"] {
        users.push(server.guest(name).await);
        root.create_room(&format!("{name}-room")).await;
    }
    for filter in ["", "&online=true", "&names=a_n,bob,anna,ann"] {
        let found = walk::<UserPresence>(&root, &format!("/users?prefix=AN&limit=1{filter}")).await;
        let found: Vec<_> = found.iter().flatten().map(|user| user.name.as_str()).collect();
        assert_eq!(found, ["ann", "anna"], "{filter}");
    }
    let found = walk::<Room>(&root, "/rooms?prefix=ann&limit=1").await;
    let found: Vec<_> = found.iter().flatten().map(|room| room.name.as_str()).collect();
    assert_eq!(found, ["ann-room", "anna-room"]);
    for (query, count) in [("rooms?prefix=a_", 1), ("rooms?prefix=z", 0), ("users?prefix=a_", 1), ("users?prefix=z", 0)]
    {
        assert_eq!(root.get_json(&format!("/{query}")).await.as_array().unwrap().len(), count, "{query}");
    }
    for bad in ["users?prefix=", "users?prefix=%25", "rooms?prefix=_", "rooms?prefix=a%20b"] {
        let problem = assert_problem(root.get(&format!("/{bad}")).await, 400, "bad-input").await;
        assert_eq!(problem["errors"][0]["field"], "prefix", "{bad}");
    }
}

#[tokio::test]
async fn a_page_costs_a_page_however_many_conversations_there_are() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    for n in 0..40 {
        alice.create_room(&format!("room-{n:02}")).await;
        alice.say(&format!("room-{n:02}"), &n.to_string()).await;
        server.guest(&format!("user-{n:02}")).await.tell("alice", &n.to_string()).await;
    }
    let asked = async |path: &str| {
        let before = queries(&server).await;
        let answer = alice.get_json(path).await;
        (queries(&server).await - before, answer)
    };
    let (cost, status) = asked("/status?latest=1").await;
    let status: Status = serde_json::from_value(status).unwrap();
    let latest: Vec<_> = status.conversations.iter().map(|one| texts(one.messages.as_ref().unwrap())).collect();
    let each = |n: usize| vec![n.to_string()];
    let expected: Vec<Vec<String>> = [vec![]].into_iter().chain((0..40).map(each)).chain((0..40).map(each)).collect();
    assert_eq!(latest, expected);
    // Others are not from this request: positions are written meanwhile.
    assert!(cost < 20.0, "{cost} queries");
    let (cost, page) = asked("/direct?limit=1&after=user-20").await;
    assert_eq!(page[0]["with"], "user-21");
    assert!(cost < 20.0, "{cost} queries");
}

#[tokio::test]
async fn a_page_of_direct_conversations_reads_no_others() {
    let server = TestServer::start_on_sqlite().await;
    let alice = server.guest("alice").await;
    for name in ["bob", "carol", "dave", "emil", "fred"] {
        server.guest(name).await.tell("alice", "hi").await;
    }
    let url = server.database_url();
    let with = async |name: &str| {
        let sql = "select conversation_id from directs d join users u on u.id = d.high_user_id where u.name";
        count(&url, &format!("{sql} = '{name}'")).await
    };
    // One more shows whether there is a next page.
    let (carols, daves) = (with("carol").await, with("dave").await);
    // From now on, a query fails that reads how many messages another conversation has.
    let trap = format!(
        "alter table conversations rename to kept;
         create view conversations as select id, newest_id,
             case when id in ({carols}, {daves}) then newest_seq else abs(-9223372036854775807 - (id > 0)) end
                 as newest_seq
         from kept"
    );
    execute(&url, &trap).await;
    let page = alice.get_json("/direct?limit=1&after=bob").await;
    assert_eq!(page, serde_json::json!([{ "with": "carol", "newest": 1, "last_read": 0, "unread": 1 }]));
    assert_ne!(alice.get("/direct?limit=2&after=bob").await.status(), 200, "this page reads emil's");
}

#[tokio::test]
async fn the_latest_messages_of_all_conversations_share_one_page() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    for room in ["a", "b", "c", "d", "e", "f"] {
        alice.create_room(room).await;
        for n in 1..=100 {
            alice.say(room, &n.to_string()).await;
        }
    }
    let status: Status = serde_json::from_value(alice.get_json("/status?latest=90").await).unwrap();
    let counts: Vec<_> = status.conversations.iter().map(|one| one.messages.as_ref().unwrap().len()).collect();
    assert_eq!(counts, [0, 90, 90, 90, 90, 90, 50]);
    let last = texts(status.conversations[6].messages.as_ref().unwrap());
    assert_eq!((last[0], last[49]), ("51", "100"), "the newest of those that fit");
}
