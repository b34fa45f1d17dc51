//! How much of a transaction's time each user gets. A write of a kind that comes alone takes several round trips, and
//! the transaction holds a lock that every node waits for. So what one user asks for, however much, takes only a little
//! of each transaction; the rest waits for the next ones. Knows neither the database nor memory.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::domain::ids::UserId;

/// The share of one user. A first write always fits.
const OF_A_USER: Duration = Duration::from_millis(10);

/// The share of all users together.
const OF_ALL: Duration = Duration::from_millis(200);

/// The time that one transaction has spent so far, in all and by user.
#[derive(Default)]
pub(super) struct Shares {
    spent: Duration,
    by_user: HashMap<UserId, Duration>,
}

impl Shares {
    /// Returns whether a write of this user still fits. Once one does not, later ones of the same user do not either,
    /// so their order is kept.
    pub(super) fn has_room(&self, user: UserId) -> bool {
        self.spent < OF_ALL && self.by_user.get(&user).is_none_or(|spent| *spent < OF_A_USER)
    }

    /// Counts a write that began at this time and has ended now.
    pub(super) fn count(&mut self, user: UserId, begun: Instant) {
        let took = begun.elapsed();
        self.spent += took;
        *self.by_user.entry(user).or_default() += took;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_who_asks_for_much_leaves_room_for_others() {
        let mut shares = Shares::default();
        let ago = |ms| Instant::now().checked_sub(Duration::from_millis(ms)).unwrap();
        assert!(shares.has_room(1));
        shares.count(1, ago(11));
        assert!(!shares.has_room(1) && shares.has_room(2));
        shares.count(3, ago(200));
        assert!(!shares.has_room(2));
    }
}
