//! The users of the tables, and rooms in which each of them has its role.

use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::calls::{Aim, build};
use super::table::Row;
use super::{Place, Role};
use crate::harness::{Client, TestServer, User};

/// Accounts get a password once; what they do later needs none.
pub(super) const PASSWORD: &str = "a long enough password";

/// A server with users for every column of the tables.
pub(super) struct Stage {
    pub(super) server: TestServer,
    place: Place,
    /// An administrator who is in none of the rooms.
    admin: User,
    /// Creates the rooms, and is one of the two in the direct conversation.
    creator: User,
    /// An account that is nowhere.
    pub(super) peer: User,
    next: AtomicU64,
}

impl Stage {
    pub(super) async fn start(place: Place) -> Self {
        let limits = [
            "SENDS_PER_MINUTE",
            "CHANGES_PER_MINUTE",
            "CONNECTS_PER_MINUTE",
            "ROOMS_PER_USER",
            "JOINED_ROOMS_PER_USER",
            "GUESTS_PER_DAY_PER_ADDRESS",
        ];
        let limits: Vec<_> = limits.iter().map(|limit| (format!("ROCKET_CHAT__LIMITS__{limit}"), "0")).collect();
        let settings: Vec<_> = limits.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let server = TestServer::start_with(&settings).await;
        let admin = server.admin("admin").await;
        let creator = server.account("creator", PASSWORD).await;
        // A member of every room, and the other one of the two.
        server.account("maria", PASSWORD).await;
        let peer = server.account("peer", PASSWORD).await;
        creator.tell("maria", "a secret of two").await;
        Self { server, place, admin, creator, peer, next: AtomicU64::new(0) }
    }

    /// Returns a name that was not used before.
    pub(super) fn fresh(&self, what: &str) -> String {
        format!("{what}-{}", self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Creates an account, by the administrator, and signs in with the code.
    async fn new_account(&self) -> User {
        let name = self.fresh("user");
        let created: Value = done(self.admin.post("/users", &json!({ "name": name })).await).await;
        User::connect(&self.server, &json!({ "code": created["code"]["code"] })).await
    }

    /// Creates a user who is in no room but `general`.
    async fn newcomer(&self, role: Role) -> User {
        match role {
            Role::Anonymous => self.peer.with_token(String::new()),
            Role::Guest => self.server.guest(&self.fresh("guest")).await,
            Role::Invited => {
                let elsewhere = self.fresh("elsewhere");
                self.creator.create_room(&elsewhere).await;
                let invite = json!({ "rooms": [elsewhere], "guest": true });
                let invite: Value = done(self.admin.post("/invites", &invite).await).await;
                User::connect(&self.server, &json!({ "username": self.fresh("guest"), "code": invite["code"] })).await
            }
            Role::Admin => {
                let user = self.new_account().await;
                let admin = self.admin.request(Method::PATCH, &format!("/users/{}", user.name));
                done(admin.json(&json!({ "role": "admin" })).send().await.unwrap()).await;
                user
            }
            _ => self.new_account().await,
        }
    }

    /// Creates a room with this actor in its role. The actor has written message 2, if one is given.
    async fn new_room(&self, role: Role, actor: &User) -> (i64, String) {
        let name = self.fresh("room");
        let room = json!({ "name": name, "private": self.place == Place::Private, "members": ["maria"] });
        let room: Value = done(self.creator.post("/rooms", &room).await).await;
        let id = room["id"].as_i64().unwrap();
        self.creator.say(&name, "the first").await;
        if role != Role::Anonymous {
            self.set_member(id, &actor.name, Some("member")).await;
            actor.say(&name, "the actor's own").await;
            let set = match role {
                Role::Banned => Some("banned"),
                Role::Reader => Some("reader"),
                Role::Member | Role::Disabled => Some("member"),
                Role::Owner => Some("owner"),
                _ => None,
            };
            self.set_member(id, &actor.name, set).await;
        }
        if self.place == Place::Archived {
            let archive = self.creator.request(Method::PATCH, &format!("/room/{id}"));
            done(archive.json(&json!({ "archived": true })).send().await.unwrap()).await;
        }
        (id, name)
    }

    async fn set_member(&self, room: i64, name: &str, role: Option<&str>) {
        let path = format!("/room/{room}/members/{name}");
        let response = match role {
            Some(role) => self.creator.request(Method::PUT, &path).json(&json!({ "role": role })).send().await,
            None => self.creator.request(Method::DELETE, &path).send().await,
        };
        done(response.unwrap()).await;
    }

    /// Makes the call of a row as a user with this role. Returns what the tables say: a check mark if it was done, or
    /// else the status.
    pub(super) async fn attempt(&self, role: Role, row: &Row) -> String {
        let actor = self.newcomer(role).await;
        let is_room = matches!(self.place, Place::Public | Place::Private | Place::Archived);
        let (room, room_name) = match is_room {
            true => self.new_room(role, &actor).await,
            false => (1, "general".to_owned()),
        };
        let aim = Aim { room, room_name, is_room };
        let call = build(self, row, &actor, &aim).await;
        if role == Role::Disabled {
            let disable = self.admin.request(Method::PATCH, &format!("/users/{}", actor.name));
            done(disable.json(&json!({ "disabled": true })).send().await.unwrap()).await;
        }
        if row.call.starts_with("GET /problems/") {
            // The harness would follow it to another call's answer.
            let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
            let status = http.get(self.server.url(&call.path)).bearer_auth(&actor.token).send().await.unwrap().status();
            return if status.is_redirection() { "✓".to_owned() } else { status.as_u16().to_string() };
        }
        let mut request = match role {
            Role::Anonymous => Client::new().request(call.method, self.server.url(&call.path)),
            _ => actor.request(call.method, &call.path),
        };
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        match status.is_success() || status.is_redirection() {
            true if call.is_list && response.json::<Value>().await.unwrap() == json!([]) => "empty".to_owned(),
            true => "✓".to_owned(),
            false => status.as_u16().to_string(),
        }
    }

    /// Makes an invitation, by the administrator, and returns its id.
    pub(super) async fn invitation(&self) -> i64 {
        let invite: Value = done(self.admin.post("/invites", &json!({})).await).await;
        invite["id"].as_i64().unwrap()
    }

    /// Creates an account that a call may do away with, and returns its name.
    pub(super) async fn victim(&self) -> String {
        self.new_account().await.name
    }
}

/// Returns the JSON of an answer, or null. Panics unless it is a success.
async fn done(response: Response) -> Value {
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}
