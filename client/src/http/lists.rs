//! Lists of all rooms and users, fetched page by page.

use linger_api::UserPresence;
use ureq::RequestBuilder;
use ureq::typestate::WithoutBody;

use super::answer::json_of;
use super::{Http, LIST_LIMIT};
use crate::domain::{Failure, Listed};

/// How many names can be completed from one beginning.
const COMPLETED: usize = 50;

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

impl Http {
    /// Returns the names of rooms that begin like this, a few at most.
    pub(crate) fn rooms_beginning(&self, typed: &str) -> Result<Vec<String>, Failure> {
        let found: Vec<Listed> = json_of(self.beginning("/rooms", typed).call())?;
        let names = found.into_iter().map(|listed| listed.room.name);
        named_like(names.collect(), typed, || Ok(self.all_rooms(false)?.into_iter().map(|one| one.room.name).collect()))
    }

    /// Returns the names of users that begin like this, a few at most.
    pub(crate) fn users_beginning(&self, typed: &str) -> Result<Vec<String>, Failure> {
        let found: Vec<UserPresence> = json_of(self.beginning("/users", typed).call())?;
        let names = found.into_iter().map(|user| user.name);
        named_like(names.collect(), typed, || Ok(self.all_users(false)?.into_iter().map(|user| user.name).collect()))
    }

    fn beginning(&self, path: &str, typed: &str) -> RequestBuilder<WithoutBody> {
        let request = match typed {
            "" => self.get(path),
            _ => self.get_of(path, "prefix", &typed.to_lowercase()),
        };
        request.query("limit", COMPLETED.to_string())
    }
}

/// Returns the names that begin as typed. A server that does not know `prefix` has returned any: then all are searched.
fn named_like(
    found: Vec<String>,
    typed: &str,
    all: impl FnOnce() -> Result<Vec<String>, Failure>,
) -> Result<Vec<String>, Failure> {
    let typed = typed.to_lowercase();
    let is_known = found.iter().all(|name| name.starts_with(&typed));
    let mut names = if is_known || found.len() < COMPLETED { found } else { all()? };
    names.retain(|name| name.starts_with(&typed));
    names.truncate(COMPLETED);
    Ok(names)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_server_without_prefix_are_filtered_here() {
        let many = |begin: &str| (0..60).map(|number| format!("{begin}{number}")).collect::<Vec<_>>();
        let never = || unreachable!("the server has filtered, or returned everything");
        let first = |count: usize| many("bob").into_iter().take(count).collect::<Vec<_>>();
        assert_eq!(named_like(first(2), "Bo", never).unwrap(), ["bob0", "bob1"]);
        assert_eq!(named_like(vec!["alice".into(), "bob".into()], "bo", never).unwrap(), ["bob"]);
        let all = || Ok([many("bob"), vec!["zoe".to_owned()]].concat());
        assert_eq!(named_like(first(COMPLETED), "zo", all).unwrap(), ["zoe"]);
    }
}
