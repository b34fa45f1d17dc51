//! Who is online here, and what the other nodes have been told of it. Knows neither the hub nor the database.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::ids::UserId;

/// How often a node says that it is here, if there is nothing else to say.
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(10);

/// What the other nodes know of this one.
pub(super) struct Presence {
    /// Who is online, as they were told; nothing while it is not known what they have heard.
    told: Option<HashSet<UserId>>,
    told_at: Instant,
}

/// What they have to be told.
#[derive(Debug)]
pub(super) struct PresenceNews {
    /// Whatever they may have heard before does not count.
    pub(super) afresh: bool,
    pub(super) came: Vec<UserId>,
    pub(super) went: HashSet<UserId>,
}

impl Presence {
    /// Of a node that has told nothing yet.
    pub(super) fn new() -> Self {
        Self { told: None, told_at: Instant::now() }
    }

    /// What there is to tell when these are online, if anything.
    pub(super) fn news(&self, online: &HashSet<UserId>) -> Option<PresenceNews> {
        let nobody = HashSet::new();
        let told = self.told.as_ref().unwrap_or(&nobody);
        let came: Vec<_> = online.difference(told).copied().collect();
        let went: HashSet<_> = told.difference(online).copied().collect();
        let is_due = !came.is_empty() || !went.is_empty() || self.told_at.elapsed() > SIGN_OF_LIFE_EVERY;
        is_due.then_some(PresenceNews { afresh: self.told.is_none(), came, went })
    }

    /// They were told. If this node had been forgotten meanwhile, while it was paused, so were those who had been
    /// online: the next time everybody is news.
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

    /// They may or may not have been told.
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
    fn what_was_told_is_told_once_until_it_may_have_been_forgotten() {
        let mut presence = Presence::new();
        assert_eq!(tell(&mut presence, &[1, 2], false), Some((true, 2, 0)));
        assert_eq!(tell(&mut presence, &[1, 2], true), None);
        assert_eq!(tell(&mut presence, &[2, 3], true), Some((false, 1, 1)));
        presence.lose();
        assert_eq!(tell(&mut presence, &[2, 3], true), Some((true, 2, 0)), "nobody knows what was heard");
        assert_eq!(tell(&mut presence, &[2, 3, 4], false), Some((false, 1, 0)), "and the node was forgotten");
        assert_eq!(tell(&mut presence, &[2, 3, 4], true), Some((true, 3, 0)), "so everybody is news");
    }
}
