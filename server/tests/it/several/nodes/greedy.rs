//! A user who keeps one node busy does not hold up others, on any node.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use linger_rig::proxy::{Fault, Scope};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Shared, has_postgres};
use crate::harness::{User, at_once};

/// Connections of the busy user, each with a session of its own. If a transaction took all that they ask for, one by
/// one, it would last longer than others wait.
const CONNECTIONS: usize = 200;

/// Sends of each other user meanwhile.
const SENDS: usize = 8;

/// Each way between the busy node and the database. A room takes nine round trips, and the transaction holds the lock
/// that every node waits for.
const DELAY: Fault = Fault::Delay { least: Duration::from_millis(4), most: Duration::from_millis(5) };

/// Every call but a send that enters the journal.
#[derive(Debug, Clone, Copy)]
enum Call {
    CreateRooms,
    JoinAndLeave,
    SetPositions,
    EditMessages,
    RenewTokens,
    SignOut,
}

impl Call {
    /// Makes the call once, on a connection's own session. Returns whether it was done; too many at once are answered
    /// 503.
    async fn make(self, session: &mut User, name: &str, lobby: i64) -> bool {
        match self {
            Self::CreateRooms => session.post("/rooms", &json!({ "name": name })).await.status() == 201,
            Self::JoinAndLeave => {
                session.post(&format!("/room/{lobby}/join"), &json!({})).await;
                session.post(&format!("/room/{lobby}/leave"), &json!({})).await.status() == 204
            }
            Self::SetPositions => session.post("/room/1/read", &json!({ "seq": 0 })).await.status() == 204,
            Self::EditMessages => {
                let request = session.request(Method::PATCH, "/room/1/messages/1").json(&json!({ "text": name }));
                request.send().await.unwrap().status() == 200
            }
            Self::RenewTokens => {
                let response = session.post("/me/token", &json!({})).await;
                let is_renewed = response.status() == 200;
                if is_renewed {
                    let renewed: Value = response.json().await.unwrap();
                    session.token = renewed["token"].as_str().unwrap().to_owned();
                }
                is_renewed
            }
            Self::SignOut => matches!(session.post("/disconnect", &json!({})).await.status().as_u16(), 204 | 401),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sends_get_through_beside_a_user_who_makes_hundreds_of_calls_of_any_kind() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let node = shared.node().await;
    let (busy, link) = shared.node_over_a_link().await;
    let (alice, greedy) = (node.guest("alice").await, busy.guest("greedy").await);
    let bob = busy.guest("bob").await;
    let lobby = alice.create_room("lobby").await;
    let mut sessions = Vec::new();
    while sessions.len() < CONNECTIONS {
        // More at once would have to wait for too long: the user's share of a transaction limits these, too.
        let few = (0..16).map(|_| {
            let greedy = greedy.clone();
            async move { greedy.connect_again().await }
        });
        sessions.extend(at_once(few).await);
    }
    assert_eq!(greedy.say("general", "to be edited").await.seq, 1);
    link.fail(Scope::All, DELAY);
    for call in [
        Call::CreateRooms,
        Call::JoinAndLeave,
        Call::SetPositions,
        Call::RenewTokens,
        Call::EditMessages,
        Call::SignOut,
    ] {
        let is_over = Arc::new(AtomicBool::new(false));
        let callers = sessions.into_iter().enumerate().map(|(number, mut session)| {
            let is_over = Arc::clone(&is_over);
            tokio::spawn(async move {
                let mut done = 0;
                while !is_over.load(Ordering::Relaxed) && (done == 0 || !matches!(call, Call::SignOut)) {
                    let name = format!("room-{number}-{done}");
                    done += usize::from(call.make(&mut session, &name, lobby).await);
                }
                (session, done)
            })
        });
        let callers: Vec<_> = callers.collect();
        let mut refused = 0;
        for number in 0..SENDS {
            for user in [&alice, &bob] {
                let said = user.post("/send", &json!({ "text": format!("{call:?} {number}") })).await;
                refused += usize::from(said.status() != 201);
            }
        }
        assert_eq!(refused, 0, "sends were refused beside {call:?}");
        is_over.store(true, Ordering::Relaxed);
        let mut done = 0;
        sessions = Vec::new();
        for caller in callers {
            let (session, by_it) = caller.await.unwrap();
            sessions.push(session);
            done += by_it;
        }
        assert!(done > 0, "{call:?} went on all the time");
    }
}
