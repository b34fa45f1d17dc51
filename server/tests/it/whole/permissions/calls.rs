//! How each call is made, with a body that is good for a caller who may make it.

use reqwest::Method;
use serde_json::{Value, json};

use super::stage::{PASSWORD, Stage};
use super::table::Row;
use crate::harness::User;

/// What a call is about.
pub(super) struct Aim {
    pub(super) room: i64,
    pub(super) room_name: String,
    /// Whether the section is about rooms. Calls that name a room in another way than by their path name it then.
    pub(super) is_room: bool,
}

/// A request to be made.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Option<Value>,
    /// Whether the answer is a list, which may be empty because the caller sees nothing.
    pub(super) is_list: bool,
}

/// Builds the request of a row. Makes what the call would do away with.
pub(super) async fn build(stage: &Stage, row: &Row, actor: &User, aim: &Aim) -> Call {
    let (method, path) = row.call.split_once(' ').unwrap();
    let Aim { room, room_name, is_room } = aim;
    let mut path = path.replace("{id}", &room.to_string()).replace("{emoji}", "%F0%9F%91%8D");
    path = path.replace("{seq}", if row.is("own message") { "2" } else { "1" });
    if path.starts_with("/direct/") {
        path = path.replace("{name}", "maria");
    }
    let body = match row.call.as_str() {
        "POST /send" if row.is("by id") => Some(json!({ "room_id": room, "text": "hi" })),
        "POST /send" => Some(json!({ "room": room_name, "text": "hi" })),
        "POST /send-private" => Some(json!({ "to": "peer", "text": "hi" })),
        "POST /connect" => Some(json!({})),
        "POST /rooms" => Some(json!({ "name": stage.fresh("new") })),
        "POST /room/{id}/messages" | "POST /direct/{name}/messages" => Some(json!({ "text": "hi" })),
        "PATCH /room/{id}/messages/{seq}" | "PATCH /direct/{name}/messages/{seq}" => Some(json!({ "text": "edited" })),
        "POST /room/{id}/read" | "POST /direct/{name}/read" => Some(json!({ "seq": 1 })),
        "PATCH /room/{id}" => Some(json!({ "topic": "another" })),
        "PUT /room/{id}/members/{name}" if row.is("oneself") => {
            path = path.replace("{name}", &actor.name);
            Some(json!({ "role": "member" }))
        }
        "PUT /room/{id}/members/{name}" => {
            path = path.replace("{name}", "peer");
            Some(json!({ "role": "member" }))
        }
        "DELETE /room/{id}/members/{name}" => {
            path = path.replace("{name}", "maria");
            None
        }
        "POST /invites" if *is_room => Some(json!({ "rooms": [room_name] })),
        "POST /invites" => Some(json!({})),
        "DELETE /invites/{id}" => {
            path = format!("/invites/{}", stage.invitation().await);
            None
        }
        "PATCH /me" => Some(json!({ "display_name": "Somebody Else" })),
        "PUT /me/password" => Some(json!({ "new": PASSWORD })),
        "DELETE /me" if actor.connected.user.guest || actor.token.is_empty() => Some(json!({ "messages": "keep" })),
        "DELETE /me" => {
            let set = actor.request(Method::PUT, "/me/password").json(&json!({ "new": PASSWORD }));
            assert_eq!(set.send().await.unwrap().status(), 204);
            Some(json!({ "password": PASSWORD, "messages": "keep" }))
        }
        "DELETE /me/sessions/{session}" => {
            path = format!("/me/sessions/{}", another_session(actor).await);
            None
        }
        "POST /users" => Some(json!({ "name": stage.fresh("made") })),
        "GET /users/{name}" => {
            path = "/users/peer".to_owned();
            None
        }
        "PATCH /users/{name}" => {
            path = "/users/peer".to_owned();
            Some(json!({ "disabled": false }))
        }
        "DELETE /users/{name}" => {
            path = format!("/users/{}?messages=keep", stage.victim().await);
            None
        }
        "POST /users/{name}/code" => {
            path = format!("/users/{}/code", stage.victim().await);
            None
        }
        "GET /page/{hash}/{file}" => {
            let page = actor.get("/").await.text().await.unwrap();
            let (_, from) = page.split_once("\"page/").unwrap();
            path = format!("/page/{}", from.split('"').next().unwrap());
            None
        }
        "GET /problems/{kind}" => {
            path = "/problems/not-found".to_owned();
            None
        }
        _ => None,
    };
    match row.call.as_str() {
        "GET /rooms" if *is_room => path = format!("/rooms?name={room_name}"),
        "GET /status" if *is_room => path = format!("/status?room={room_name}"),
        "GET /poll" | "GET /room/{id}/subscribe" | "GET /direct/subscribe" => path += "?wait=0",
        _ => {}
    }
    let is_list = row.call == "GET /rooms" && *is_room;
    Call { method: method.parse().unwrap(), path, body, is_list }
}

/// Opens another session of this user, and returns its id. Without a token there is none.
async fn another_session(actor: &User) -> String {
    if actor.token.is_empty() {
        return "none".to_owned();
    }
    let other = actor.connect_again().await;
    let sessions = other.get_json("/me/sessions").await;
    let current = sessions.as_array().unwrap().iter().find(|session| session["current"] == true);
    current.unwrap()["id"].as_str().unwrap().to_owned()
}
