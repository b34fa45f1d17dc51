//! Signing in and out on one node takes effect on all.

use linger_rig::proxy::{Fault, Scope};
use serde_json::json;

use super::{Shared, has_postgres, hold_poll, soon};
use crate::contract::accounts::renewal::renewed;
use crate::contract::accounts::tokens::claims_of;
use crate::harness::{EventStream, TestServer, assert_problem, database};

#[tokio::test]
async fn a_token_is_valid_on_every_node_at_once() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    for n in 0..10 {
        let user = nodes[n % 2].guest(&format!("user-{n}")).await;
        let there = user.at(&nodes[(n + 1) % 2]);
        assert_eq!(there.get("/rooms").await.status(), 200);
        let again = there.connect_again().await;
        assert_eq!((again.id, again.connected.returning), (user.id, true));
    }
}

#[tokio::test]
async fn a_sign_out_on_one_node_ends_the_session_and_its_held_requests_on_the_others() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 3] = shared.nodes().await;
    let alice = nodes[0].guest("alice").await;
    let mut second = alice.connect_again().await;
    second.cursor.clone_from(&alice.cursor);
    let mut held = Vec::new();
    for node in &nodes {
        held.push(hold_poll(&alice.at(node)).await);
    }
    let other_session = hold_poll(&second.at(&nodes[2])).await;
    assert_eq!(alice.at(&nodes[1]).post("/disconnect", &json!({})).await.status(), 204);
    for held in held {
        assert_problem(held.await.unwrap(), 401, "unauthorized").await;
    }
    for node in &nodes {
        let there = alice.at(node);
        soon("the token is refused", async || there.get("/rooms").await.status() == 401).await;
        assert_problem(there.get("/poll?wait=0").await, 401, "unauthorized").await;
    }
    assert!(!other_session.is_finished(), "the user's other session is not affected");
    assert_eq!(second.at(&nodes[2]).get("/rooms").await.status(), 200);
    other_session.abort();
}

#[tokio::test]
async fn sessions_that_a_user_ends_on_one_node_end_on_the_others_with_their_held_requests() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let alice = nodes[0].account("alice", "alice's password").await;
    let password = json!({ "old": "alice's password", "new": "another password" });
    for (method, path) in [("PUT", "/me/password"), ("DELETE", "/me/sessions"), ("DELETE", "/me/sessions/<session>")] {
        let there = alice.connect_again().await.at(&nodes[1]);
        let held = hold_poll(&there).await;
        let id = claims_of(&there.token)["jti"].as_str().unwrap().to_owned();
        let path = path.replace("<session>", &id);
        let ended = alice.request(method.parse().unwrap(), &path).json(&password).send().await.unwrap();
        assert_eq!(ended.status(), 204, "{path}");
        let begun = std::time::Instant::now();
        assert_problem(held.await.unwrap(), 401, "unauthorized").await;
        assert!(begun.elapsed() < std::time::Duration::from_secs(40), "the poll would have been held for longer");
        assert_problem(there.get("/me").await, 401, "unauthorized").await;
        assert_eq!(alice.at(&nodes[1]).get("/me").await.status(), 200);
    }
}

#[tokio::test]
async fn a_session_signed_out_while_a_node_is_cut_off_is_refused_there_afterwards() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let node = shared.node().await;
    let (other, link) = shared.node_over_a_link().await;
    let alice = node.guest("alice").await;
    let there = alice.at(&other);
    let held = hold_poll(&there).await;
    link.fail(Scope::All, Fault::BlackHole);
    assert_eq!(alice.post("/disconnect", &json!({})).await.status(), 204);
    assert_problem(there.get("/health").await, 503, "unavailable").await;
    assert!(!held.is_finished(), "the node cannot know yet");
    link.heal(&Scope::All);
    assert_problem(held.await.unwrap(), 401, "unauthorized").await;
    soon("the token is refused", async || there.get("/rooms").await.status() == 401).await;
}

#[tokio::test]
async fn a_renewal_on_one_node_has_the_earlier_token_run_out_on_the_others() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let alice = nodes[0].guest("alice").await;
    let (there, new) = (alice.at(&nodes[1]), renewed(&alice).await.at(&nodes[1]));
    let mut stream = EventStream::open(&there, "/poll").await;
    stream.opening_id().await;
    let (first, second) = (hold_poll(&there).await, hold_poll(&new).await);
    // What a node tells the others of a second renewal. It was 57 seconds ago by the database's clock, so the second
    // token has one second left, whatever the clocks of the nodes show.
    let session = claims_of(&alice.token)["jti"].as_str().unwrap().to_owned();
    let tell = format!(
        "insert into bulletins (body, created_at)
         select json_build_object('renewed_sessions', json_build_array(json_build_array('{session}',
             json_build_object('generation', 2, 'at_ms', now_ms))))::text, now_ms - 57000
         from (select (extract(epoch from now()) * 1000)::bigint as now_ms) now"
    );
    database::execute(&shared.database, &tell).await;
    let refused = "the second token is refused";
    soon(refused, async || new.get("/rooms").await.status() == 401).await;
    assert_problem(there.get("/rooms").await, 401, "unauthorized").await;
    for held in [first, second] {
        assert_problem(held.await.unwrap(), 401, "unauthorized").await;
    }
    assert_eq!(stream.problem().await["type"], "/problems/unauthorized");
}

#[tokio::test]
async fn an_earlier_token_is_renewed_late_only_until_the_new_one_was_used_on_any_node() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let alice = nodes[0].guest("alice").await;
    let lost = renewed(&alice).await;
    // A minute ago. The other node does not know the session yet.
    let later = "update sessions set renewed_at = renewed_at - 60000";
    database::execute(&shared.database, later).await;
    let there = alice.at(&nodes[1]);
    assert_problem(there.get("/status").await, 401, "unauthorized").await;
    let new = renewed(&there).await;
    assert_eq!(claims_of(&new.token)["gen"], claims_of(&lost.token)["gen"]);
    assert_eq!(new.at(&nodes[0]).get("/status").await.status(), 200);
    assert_problem(there.post("/me/token", &json!({})).await, 401, "unauthorized").await;
    for node in &nodes {
        assert_eq!(new.at(node).get("/status").await.status(), 200);
    }
}

#[tokio::test]
async fn the_minute_of_an_earlier_token_does_not_depend_on_the_clocks_of_two_nodes() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let node = shared.node().await;
    let alice = node.guest("alice").await;
    assert_eq!(alice.get("/rooms").await.status(), 200);
    let session = claims_of(&alice.token)["jti"].as_str().unwrap().to_owned();
    // A renewal by a node whose clock is an hour behind.
    let tell = format!(
        "insert into bulletins (body, created_at)
         select json_build_object('renewed_sessions', json_build_array(json_build_array('{session}',
             json_build_object('generation', 1, 'at_ms', now_ms - 3600000))))::text, now_ms
         from (select (extract(epoch from now()) * 1000)::bigint as now_ms) now"
    );
    let bob = alice.connect_again().await;
    let mut stream = EventStream::open(&bob, "/poll").await;
    stream.opening_id().await;
    database::execute(&shared.database, &tell).await;
    // A node reads bulletins before newer messages.
    bob.say("general", "after the bulletin").await;
    stream.page().await;
    assert_eq!(alice.get("/rooms").await.status(), 200);
}
