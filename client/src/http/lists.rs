//! Lists of all rooms and users, fetched page by page.

use linger_api::UserPresence;

use super::answer::json_of;
use super::{Http, LIST_LIMIT};
use crate::domain::{Failure, Listed};

impl Http {
    /// Returns all rooms, by id, or the archived ones instead. Servers before 0.2 archive none.
    pub(crate) fn all_rooms(&self, is_archived: bool) -> Result<Vec<Listed>, Failure> {
        let page = |after: String| {
            let request = self.get("/rooms").query("limit", LIST_LIMIT.to_string()).query("after", after);
            json_of(if is_archived { request.query("archived", "true") } else { request }.call())
        };
        let mut rooms = all(page, |listed: &Listed| listed.room.id)?;
        rooms.retain(|listed| !is_archived || listed.facts.archived);
        Ok(rooms)
    }

    /// Returns all users, by id, or only those who are online.
    pub(crate) fn all_users(&self, online: bool) -> Result<Vec<UserPresence>, Failure> {
        let page = |after: String| {
            let request = self.get("/users").query("limit", LIST_LIMIT.to_string()).query("after", after);
            json_of(if online { request.query("online", "true") } else { request }.call())
        };
        all(page, |user: &UserPresence| user.id)
    }
}

pub(super) fn all<T>(
    page: impl Fn(String) -> Result<Vec<T>, Failure>,
    id: impl Fn(&T) -> i64,
) -> Result<Vec<T>, Failure> {
    let mut everything: Vec<T> = Vec::new();
    loop {
        let after = everything.last().map_or(0, &id);
        let found = page(after.to_string())?;
        let is_last = found.len() < LIST_LIMIT;
        everything.extend(found);
        if is_last {
            return Ok(everything);
        }
    }
}
