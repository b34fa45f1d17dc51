//! Calls about a room and who is in it. Servers before 0.2 have none of them.

use linger_api::{IDEMPOTENCY_KEY, Room};
use serde::Deserialize;
use serde_json::{Value, json};

use super::account::Issued;
use super::answer::{done, json_of};
use super::changes::encoded;
use super::lists::all;
use super::{Http, LIST_LIMIT};
use crate::domain::{Facts, Failure};

/// A user in a room, or one who is banned from it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Member {
    id: i64,
    pub(crate) name: String,
    /// `owner`, `member`, `reader` or `banned`.
    pub(crate) role: String,
}

impl Http {
    /// Returns what is known of a room.
    pub(crate) fn room_facts(&self, id: i64) -> Result<Facts, Failure> {
        json_of(self.get(&format!("/room/{id}")).call())
    }

    /// Changes a room: the fields that are given.
    pub(crate) fn change_room(&self, id: i64, changes: &Value) -> Result<Facts, Failure> {
        let request = self.agent().patch(self.url(&format!("/room/{id}"))).header("Authorization", self.bearer());
        json_of(request.send_json(changes))
    }

    /// Returns the users in a room, by id.
    pub(crate) fn members(&self, id: i64) -> Result<Vec<Member>, Failure> {
        let page = |after: String| {
            let request = self.get(&format!("/room/{id}/members")).query("limit", LIST_LIMIT.to_string());
            json_of(request.query("after", after).call())
        };
        all(page, |member: &Member| member.id)
    }

    /// Gives a user a role in a room, and adds the user if need be.
    pub(crate) fn set_member(&self, id: i64, name: &str, role: &str) -> Result<(), Failure> {
        let url = self.url(&format!("/room/{id}/members/{}", encoded(name)));
        done(self.agent().put(url).header("Authorization", self.bearer()).send_json(json!({ "role": role })))
    }

    /// Removes a user from a room, or lifts a ban.
    pub(crate) fn remove_member(&self, id: i64, name: &str) -> Result<(), Failure> {
        self.delete_at(&format!("/room/{id}/members/{}", encoded(name)))
    }

    /// Creates a private room with these users, under a made-up name unless one is given. Retries with the same key
    /// create it once.
    pub(crate) fn create_private(&self, name: Option<&str>, members: &[String], key: &str) -> Result<Room, Failure> {
        let mut body = json!({ "private": true });
        if let Some(name) = name {
            body["name"] = name.into();
        }
        if !members.is_empty() {
            body["members"] = members.into();
        }
        json_of(self.post("/rooms").header(IDEMPOTENCY_KEY, key).send_json(body))
    }

    /// Makes an invitation that leads to a room.
    pub(crate) fn invite(&self, room: &str, uses: i64) -> Result<Issued, Failure> {
        json_of(self.post("/invites").send_json(json!({ "rooms": [room], "uses": uses })))
    }
}
