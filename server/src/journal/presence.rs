//! Which users are online on this node, and what the other nodes have been told of it. Knows neither the hub nor the
//! database.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::ids::UserId;

/// How often a node reports that it is alive if it has no other news.
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(10);

/// What the other nodes know of this one.
pub(super) struct Presence {
    /// The users they were told are online. `None` while it is not known what they were told.
    told: Option<HashSet<UserId>>,
    told_at: Instant,
}

/// What the other nodes have to be told.
#[derive(Debug)]
pub(super) struct PresenceNews {
    /// Nothing that they were told before is valid any more.
    pub(super) afresh: bool,
    pub(super) came: Vec<UserId>,
    pub(super) went: HashSet<UserId>,
}

impl Presence {
    /// Begins as a node that has told nothing yet.
    pub(super) fn new() -> Self {
        Self { told: None, told_at: Instant::now() }
    }

    /// Returns what to tell while these users are online. Returns `None` if nothing is due.
    pub(super) fn news(&self, online: &HashSet<UserId>) -> Option<PresenceNews> {
        let none = HashSet::new();
        let told = self.told.as_ref().unwrap_or(&none);
        let came: Vec<_> = online.difference(told).copied().collect();
        let went: HashSet<_> = told.difference(online).copied().collect();
        let is_due = !came.is_empty() || !went.is_empty() || self.told_at.elapsed() > SIGN_OF_LIFE_EVERY;
        is_due.then_some(PresenceNews { afresh: self.told.is_none(), came, went })
    }

    /// Records that the other nodes were told. If this node had been deleted as gone, because it was paused, its users
    /// were deleted with it. All who are online are news then the next time.
    pub(super) fn record_told(&mut self, news: PresenceNews, was_known: bool) {
        let PresenceNews { afresh, came, went } = news;
        if !was_known && !afresh {
            self.told = None;
        } else {
            let told = self.told.get_or_insert_default();
            told.retain(|user| !went.contains(user));
            told.extend(came);
        }
        self.told_at = Instant::now();
    }

    /// Records that it is not known whether the other nodes were told.
    pub(super) fn lose(&mut self) {
        self.told = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tell(presence: &mut Presence, online: &[UserId], was_known: bool) -> Option<(bool, usize, usize)> {
        let news = presence.news(&online.iter().copied().collect())?;
        let said = (news.afresh, news.came.len(), news.went.len());
        presence.record_told(news, was_known);
        Some(said)
    }

    #[test]
    fn news_is_told_once_unless_it_may_be_lost() {
        let mut presence = Presence::new();
        assert_eq!(tell(&mut presence, &[1, 2], false), Some((true, 2, 0)));
        assert_eq!(tell(&mut presence, &[1, 2], true), None);
        assert_eq!(tell(&mut presence, &[2, 3], true), Some((false, 1, 1)));
        presence.lose();
        assert_eq!(tell(&mut presence, &[2, 3], true), Some((true, 2, 0)), "it is unknown what was told");
        assert_eq!(tell(&mut presence, &[2, 3, 4], false), Some((false, 1, 0)), "the node had been deleted");
        assert_eq!(tell(&mut presence, &[2, 3, 4], true), Some((true, 3, 0)), "so all users are news");
    }
}
