//! Rate limits. They are kept in memory, for this node only, and a restart resets them.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Weak;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::failures::FailureLimit;
use super::guests::GuestLimit;
use crate::config;
use crate::domain::ids::UserId;
use crate::domain::problem::Problem;

/// The weights of changes: about the round trips that each takes in a transaction, which holds the journal's lock.
pub(crate) const CREATE_ROOM: u32 = 10;
pub(crate) const JOIN_OR_LEAVE: u32 = 2;
pub(crate) const SET_POSITION: u32 = 1;
pub(crate) const RENEW_TOKEN: u32 = 1;
pub(crate) const DELETE_MESSAGE: u32 = 1;
pub(crate) const MAKE_CODE: u32 = 2;
pub(crate) const EDIT_ME: u32 = 1;
pub(crate) const END_SESSIONS: u32 = 2;
pub(crate) const EDIT_USER: u32 = 2;
pub(crate) const DELETE_USER: u32 = 10;
pub(crate) const ADD_USER: u32 = 10;
pub(crate) const SET_PASSWORD: u32 = 10;

/// The largest weight.
const MOST_WEIGHT: u32 = CREATE_ROOM;

/// Every rate limit of this server.
pub(crate) struct Limits {
    /// Messages per user.
    pub(crate) sends: RateLimit<UserId>,
    /// Other changes per user, each with its weight.
    pub(crate) changes: RateLimit<UserId>,
    /// Calls of `/connect` per client network.
    pub(crate) connects: RateLimit<IpAddr>,
    /// New guests per client network.
    pub(crate) guests: GuestLimit,
    /// Wrong passwords per account and client network.
    pub(crate) sign_in_failures: FailureLimit,
    /// Refusals that are answered at once.
    pub(crate) prompt_refusals: RateLimit<RefusedCaller>,
}

/// Whose calls were refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RefusedCaller {
    User(UserId),
    /// The network of a client that has not signed in.
    Network(IpAddr),
}

impl Limits {
    const PROMPT_REFUSALS_PER_SECOND: u32 = 20;

    /// The interval between removals of entries that no longer limit anything.
    const SWEEP_EVERY: Duration = Duration::from_secs(60);

    pub(crate) fn new(limits: &config::Limits) -> Self {
        Self {
            sends: RateLimit::per_minute(limits.sends_per_minute),
            changes: RateLimit::per_minute_in_small_bursts(limits.changes_per_minute),
            connects: RateLimit::per_minute(limits.connects_per_minute),
            guests: GuestLimit::per_day(limits.guests_per_day_per_address),
            sign_in_failures: FailureLimit::per_half_hour(limits.sign_in_failures_per_half_hour),
            prompt_refusals: RateLimit::per_second(Self::PROMPT_REFUSALS_PER_SECOND),
        }
    }

    /// Removes such entries periodically, until the limits are dropped.
    pub(crate) async fn sweep(limits: Weak<Self>) {
        loop {
            tokio::time::sleep(Self::SWEEP_EVERY).await;
            let Some(limits) = limits.upgrade() else { return };
            limits.sends.forget_recovered();
            limits.changes.forget_recovered();
            limits.connects.forget_recovered();
            limits.guests.forget_recovered();
            limits.sign_in_failures.forget_recovered();
            limits.prompt_refusals.forget_recovered();
        }
    }
}

/// A limit for each key. Bursts are allowed, and the allowance refills evenly (GCRA).
pub(crate) struct RateLimit<K: Hash + Eq + Clone> {
    limiter: Option<DefaultKeyedRateLimiter<K>>,
}

impl<K: Hash + Eq + Clone> RateLimit<K> {
    /// Returns a limit of `most` per second; 0 means no limit.
    fn per_second(most: u32) -> Self {
        Self { limiter: NonZeroU32::new(most).map(Quota::per_second).map(RateLimiter::keyed) }
    }

    /// Returns a limit of `most` per minute; 0 means no limit.
    pub(crate) fn per_minute(most: u32) -> Self {
        Self { limiter: NonZeroU32::new(most).map(Quota::per_minute).map(RateLimiter::keyed) }
    }

    /// Returns a limit of `most` per minute, of which at most a fifth may come at once; 0 means no limit.
    pub(crate) fn per_minute_in_small_bursts(most: u32) -> Self {
        let quota = |most: NonZeroU32| {
            let burst = NonZeroU32::new((most.get() / 5).max(MOST_WEIGHT)).unwrap_or(most);
            Quota::per_minute(most).allow_burst(burst)
        };
        Self { limiter: NonZeroU32::new(most).map(quota).map(RateLimiter::keyed) }
    }

    /// Counts a use of this weight, at most [`MOST_WEIGHT`].
    ///
    /// # Errors
    /// 429 if the limit is exceeded.
    pub(crate) fn take_weighted(&self, key: &K, weight: u32) -> Result<(), Problem> {
        let (Some(limiter), Some(weight)) = (&self.limiter, NonZeroU32::new(weight)) else { return Ok(()) };
        match limiter.check_key_n(key, weight) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_until)) => {
                Err(Problem::too_many_requests(not_until.wait_time_from(DefaultClock::default().now())))
            }
            Err(_) => Err(Problem::too_many_requests(Duration::from_secs(60))),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_no_limit() {
        let limit = RateLimit::per_minute(0);
        assert!((0..10_000).all(|_| limit.take(&1).is_ok()));
    }

    #[test]
    fn changes_count_by_weight_and_not_all_at_once() {
        let limit = RateLimit::per_minute_in_small_bursts(600);
        let taken = (0..100).take_while(|_| limit.take_weighted(&1, CREATE_ROOM).is_ok()).count();
        assert_eq!(taken, 12);
        assert!(limit.take_weighted(&2, JOIN_OR_LEAVE).is_ok());
        let tight = RateLimit::per_minute_in_small_bursts(1);
        assert_eq!([1, 1].map(|key| tight.take_weighted(&key, CREATE_ROOM).is_ok()), [true, false]);
        assert!((0..10_000).all(|_| RateLimit::per_minute_in_small_bursts(0).take_weighted(&1, CREATE_ROOM).is_ok()));
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
