//! Rate limits. They are kept in memory, for this node only, and a restart resets them.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Weak;
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use parking_lot::Mutex;

use crate::config;
use crate::domain::ids::UserId;
use crate::domain::problem::Problem;

/// Every rate limit of this server.
pub(crate) struct Limits {
    /// Messages per user.
    pub(crate) sends: RateLimit<UserId>,
    /// Calls of `/connect` per client network.
    pub(crate) connects: RateLimit<IpAddr>,
    /// Wrong passwords per account name.
    pub(crate) sign_in_failures: FailureLimit,
}

impl Limits {
    /// The interval between removals of entries that no longer limit anything.
    const SWEEP_EVERY: Duration = Duration::from_secs(60);

    pub(crate) fn new(limits: &config::Limits) -> Self {
        Self {
            sends: RateLimit::per_minute(limits.sends_per_minute),
            connects: RateLimit::per_minute(limits.connects_per_minute),
            sign_in_failures: FailureLimit::per_half_hour(limits.sign_in_failures_per_half_hour),
        }
    }

    /// Removes such entries periodically, until the limits are dropped.
    pub(crate) async fn sweep(limits: Weak<Self>) {
        loop {
            tokio::time::sleep(Self::SWEEP_EVERY).await;
            let Some(limits) = limits.upgrade() else { return };
            limits.sends.forget_recovered();
            limits.connects.forget_recovered();
            limits.sign_in_failures.forget_recovered();
        }
    }
}

/// A limit per minute for each key. Bursts are allowed, and the allowance refills evenly (GCRA).
pub(crate) struct RateLimit<K: Hash + Eq + Clone> {
    limiter: Option<DefaultKeyedRateLimiter<K>>,
}

impl<K: Hash + Eq + Clone> RateLimit<K> {
    /// Returns a limit of `most` per minute; 0 means no limit.
    pub(crate) fn per_minute(most: u32) -> Self {
        Self { limiter: NonZeroU32::new(most).map(|most| RateLimiter::keyed(Quota::per_minute(most))) }
    }

    /// Counts one use.
    ///
    /// # Errors
    /// 429 if the limit is exceeded.
    pub(crate) fn take(&self, key: &K) -> Result<(), Problem> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        limiter
            .check_key(key)
            .map_err(|not_until| Problem::too_many_requests(not_until.wait_time_from(DefaultClock::default().now())))
    }

    /// Removes keys whose allowance is full again.
    fn forget_recovered(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

/// Returns the network that counts as one client: for IPv6 a /64, because a customer has at least that (RFC 6177).
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => (u128::from(address) >> 64 << 64).to_be_bytes().into(),
    }
}

/// A limit on failures per half hour for each account. A success does not reset it.
pub(crate) struct FailureLimit {
    most: usize,
    failures: Mutex<HashMap<String, Vec<Instant>>>,
}

impl FailureLimit {
    const WINDOW: Duration = Duration::from_secs(30 * 60);

    /// Returns a limit of `most` per half hour; 0 means no limit.
    pub(crate) fn per_half_hour(most: u32) -> Self {
        Self { most: most as usize, failures: Mutex::default() }
    }

    /// Checks that a password of this account may be tried now.
    ///
    /// # Errors
    /// 429 after too many failures, until the oldest of them is half an hour old.
    pub(crate) fn check(&self, account: &str) -> Result<(), Problem> {
        match self.failures.lock().get_mut(account) {
            Some(recent) => self.check_recent(recent),
            None => Ok(()),
        }
    }

    /// Counts a failure.
    ///
    /// # Errors
    /// 429 if the limit was already reached, as the last of several concurrent guesses may find.
    pub(crate) fn record(&self, account: &str) -> Result<(), Problem> {
        if self.most == 0 {
            return Ok(());
        }
        let mut failures = self.failures.lock();
        let recent = failures.entry(account.to_owned()).or_default();
        self.check_recent(recent)?;
        recent.push(Instant::now());
        Ok(())
    }

    fn check_recent(&self, recent: &mut Vec<Instant>) -> Result<(), Problem> {
        recent.retain(|at| at.elapsed() < Self::WINDOW);
        match recent.first() {
            Some(oldest) if self.most > 0 && recent.len() >= self.most => {
                Err(Problem::too_many_requests(Self::WINDOW.saturating_sub(oldest.elapsed())))
            }
            _ => Ok(()),
        }
    }

    /// Removes accounts without recent failures.
    fn forget_recovered(&self) {
        self.failures.lock().retain(|_, recent| recent.iter().any(|at| at.elapsed() < Self::WINDOW));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_no_limit() {
        let limit = RateLimit::per_minute(0);
        assert!((0..10_000).all(|_| limit.take(&1).is_ok()));
        let failures = FailureLimit::per_half_hour(0);
        assert!((0..100).all(|_| failures.record("alice").is_ok()));
        assert!(failures.check("alice").is_ok());
    }

    #[test]
    fn keys_do_not_share_an_allowance() {
        let limit = RateLimit::per_minute(2);
        assert_eq!([1, 1, 1, 2].map(|key| limit.take(&key).is_ok()), [true, true, false, true]);
    }

    #[test]
    fn an_ipv6_network_counts_as_one_client_and_a_mapped_ipv4_address_as_itself() {
        let network = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:2"));
        assert_ne!(network("2001:db8:0:1::1"), network("2001:db8:0:2::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
