//! The limit on wrong passwords: by account and network, and more generously by account and by network alone. Counted
//! in memory; the networks that an account signed in from are in the database.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::domain::problem::Problem;

/// A password that is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) account: &'a str,
    pub(crate) network: IpAddr,
    /// Whether the account signed in from this network before.
    pub(crate) is_known: bool,
}

/// Limits on failures per half hour. A success resets none of them.
pub(crate) struct FailureLimit {
    most: usize,
    recent: Mutex<Recent>,
}

#[derive(Default)]
struct Recent {
    /// A stranger reaches this limit without locking out the user, who is on another network.
    of_pairs: Failures<(String, IpAddr)>,
    /// Guesses at one account from many networks. Networks that the account signed in from neither count nor suffer.
    of_accounts: Failures<String>,
    /// Guesses at many accounts from one network.
    of_networks: Failures<IpAddr>,
}

impl FailureLimit {
    const WINDOW: Duration = Duration::from_secs(30 * 60);

    /// How many times the limit an account may see from all networks that it never signed in from.
    const PER_ACCOUNT: usize = 10;

    /// How many times the limit a network may cause at accounts that never signed in from it, and at any.
    const PER_NETWORK: (usize, usize) = (5, 10);

    /// Returns a limit of `most` per half hour, account and network; 0 means no limit.
    pub(crate) fn per_half_hour(most: u32) -> Self {
        Self { most: most as usize, recent: Mutex::default() }
    }

    /// Checks that this password may be tried now.
    ///
    /// # Errors
    /// 429 after too many failures, until enough of them are half an hour old.
    pub(crate) fn check(&self, attempt: Attempt<'_>) -> Result<(), Problem> {
        self.check_recent(&mut self.recent.lock(), attempt)
    }

    /// Counts a failure.
    ///
    /// # Errors
    /// 429 if a limit was already reached, as the last of several concurrent guesses may find.
    pub(crate) fn record(&self, attempt: Attempt<'_>) -> Result<(), Problem> {
        if self.most == 0 {
            return Ok(());
        }
        let recent = &mut self.recent.lock();
        self.check_recent(recent, attempt)?;
        recent.of_pairs.add((attempt.account.to_owned(), attempt.network));
        recent.of_networks.add(attempt.network);
        if !attempt.is_known {
            recent.of_accounts.add(attempt.account.to_owned());
        }
        Ok(())
    }

    fn check_recent(&self, recent: &mut Recent, attempt: Attempt<'_>) -> Result<(), Problem> {
        if self.most == 0 {
            return Ok(());
        }
        let Attempt { account, network, is_known } = attempt;
        let of_network = if is_known { Self::PER_NETWORK.1 } else { Self::PER_NETWORK.0 };
        let waits = [
            recent.of_pairs.wait(&(account.to_owned(), network), self.most),
            recent.of_networks.wait(&network, self.most * of_network),
            match is_known {
                true => None,
                false => recent.of_accounts.wait(&account.to_owned(), self.most * Self::PER_ACCOUNT),
            },
        ];
        waits.into_iter().flatten().max().map_or(Ok(()), |wait| Err(Problem::too_many_requests(wait)))
    }

    /// Removes what no longer limits anything.
    pub(super) fn forget_recovered(&self) {
        let recent = &mut self.recent.lock();
        recent.of_pairs.forget_recovered();
        recent.of_accounts.forget_recovered();
        recent.of_networks.forget_recovered();
    }
}

/// The times of recent failures, oldest first.
struct Failures<K>(HashMap<K, VecDeque<Instant>>);

impl<K> Default for Failures<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq> Failures<K> {
    fn add(&mut self, key: K) {
        self.0.entry(key).or_default().push_back(Instant::now());
    }

    /// Returns how long it takes until there are fewer than `most`. Returns `None` if there are.
    fn wait(&mut self, key: &K, most: usize) -> Option<Duration> {
        let recent = self.0.get_mut(key)?;
        recent.retain(|at| at.elapsed() < FailureLimit::WINDOW);
        let last = recent.len().checked_sub(most)?;
        Some(FailureLimit::WINDOW.saturating_sub(recent.get(last)?.elapsed()))
    }

    fn forget_recovered(&mut self) {
        self.0.retain(|_, recent| recent.back().is_some_and(|at| at.elapsed() < FailureLimit::WINDOW));
        self.0.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tries a wrong password. Returns whether it was let through.
    fn fails(limit: &FailureLimit, account: &str, host: u8, is_known: bool) -> bool {
        let attempt = Attempt { account, network: [192, 0, 2, host].into(), is_known };
        let checked = limit.check(attempt).is_ok();
        assert_eq!(checked, limit.record(attempt).is_ok());
        checked
    }

    #[test]
    fn zero_is_no_limit() {
        let limit = FailureLimit::per_half_hour(0);
        assert!((0..100).all(|_| fails(&limit, "alice", 1, false)));
    }

    #[test]
    fn an_account_and_a_network_share_a_limit() {
        let limit = FailureLimit::per_half_hour(2);
        assert_eq!([1, 1, 1, 2].map(|host| fails(&limit, "alice", host, false)), [true, true, false, true]);
        assert!(fails(&limit, "bob", 1, false));
        assert_eq!([(); 3].map(|()| fails(&limit, "carol", 1, true)), [true, true, false], "a known one, too");
    }

    #[test]
    fn guesses_from_many_networks_leave_those_of_the_account_alone() {
        let limit = FailureLimit::per_half_hour(1);
        assert_eq!((0..20).filter(|&host| fails(&limit, "alice", host, false)).count(), 10);
        assert!(fails(&limit, "alice", 200, true), "a network that alice signed in from");
        assert!(fails(&limit, "bob", 30, false), "another account");
    }

    #[test]
    fn guesses_at_many_accounts_end_for_the_network() {
        let limit = FailureLimit::per_half_hour(1);
        let accounts: Vec<_> = (0..40).map(|n| n.to_string()).collect();
        let tried = |accounts: &[String], host, is_known| {
            accounts.iter().filter(|account| fails(&limit, account, host, is_known)).count()
        };
        assert_eq!(tried(&accounts[..20], 1, false), 5);
        assert_eq!(tried(&accounts[20..], 1, true), 5, "accounts that signed in from it have as much again");
        assert_eq!(tried(&accounts, 2, true), 10);
    }
}
