//! The limit on new guests. Only guests that were made count: a sign-up takes a place, and gives it back unless a guest
//! came of it. An outage, or names that are taken, would otherwise use up the allowance of a whole day.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::timeout_at;

use crate::domain::problem::Problem;

/// How long a sign-up waits for others that may give their places back. The journal answers earlier.
const MAX_WAIT: Duration = Duration::from_secs(4);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A limit for each network. Bursts are allowed, and the allowance refills evenly.
pub(crate) struct GuestLimit {
    most: u32,
    networks: Mutex<HashMap<IpAddr, Network>>,
    /// Rings when a place is given back or kept.
    settled: Notify,
}

/// What a network has used of its allowance.
struct Network {
    /// When the allowance is full again.
    full_at: Instant,
    /// Places that are taken, and neither given back nor kept yet.
    taken: u32,
}

/// Why there is no place.
enum Full {
    /// Places may still be given back.
    ForNow,
    /// As many guests were made as there may be.
    For(Duration),
}

/// A place for a new guest, which is given back unless it is kept.
pub(super) struct Place<'l> {
    limit: &'l GuestLimit,
    network: IpAddr,
    is_kept: bool,
}

impl GuestLimit {
    /// Returns a limit of `most` per day; 0 means no limit.
    pub(crate) fn per_day(most: u32) -> Self {
        Self { most, networks: Mutex::default(), settled: Notify::new() }
    }

    /// Takes a place for a guest. If all are taken, waits for one to be given back.
    ///
    /// # Errors
    /// 429 if as many guests were made as there may be; 503 if too many others are signing up.
    pub(super) async fn take(&self, network: IpAddr) -> Result<Place<'_>, Problem> {
        let end = tokio::time::Instant::now() + MAX_WAIT;
        loop {
            let settled = self.settled.notified();
            match self.try_take(network) {
                Ok(()) => return Ok(Place { limit: self, network, is_kept: false }),
                Err(Full::For(wait)) => return Err(Problem::too_many_requests(wait)),
                Err(Full::ForNow) => timeout_at(end, settled).await.map_err(|_| Problem::busy())?,
            }
        }
    }

    fn try_take(&self, network: IpAddr) -> Result<(), Full> {
        if self.most == 0 {
            return Ok(());
        }
        let now = Instant::now();
        let mut networks = self.networks.lock();
        let Network { full_at, taken } = networks.entry(network).or_insert(Network { full_at: now, taken: 0 });
        let (used, every) = (full_at.saturating_duration_since(now), DAY / self.most);
        let free = |count: u32| used <= every * (self.most - count);
        if !free(1) {
            Err(Full::For(used - every * (self.most - 1)))
        } else if *taken + 1 > self.most || !free(*taken + 1) {
            Err(Full::ForNow)
        } else {
            *taken += 1;
            Ok(())
        }
    }

    /// Ends the holding of a place. A place that is kept counts as a guest.
    fn settle(&self, network: IpAddr, is_kept: bool) {
        if let Some(network) = self.networks.lock().get_mut(&network) {
            network.taken = network.taken.saturating_sub(1);
            if is_kept {
                network.full_at = network.full_at.max(Instant::now()) + DAY / self.most;
            }
        }
        self.settled.notify_waiters();
    }

    /// Removes networks whose allowance is full again.
    pub(super) fn forget_recovered(&self) {
        let networks = &mut self.networks.lock();
        networks.retain(|_, network| network.taken > 0 || network.full_at > Instant::now());
        networks.shrink_to_fit();
    }
}

impl Place<'_> {
    /// Keeps the place for a guest that was made.
    pub(super) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.limit.settle(self.network, self.is_kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(host: u8) -> IpAddr {
        [192, 0, 2, host].into()
    }

    #[tokio::test]
    async fn zero_is_no_limit() {
        let limit = GuestLimit::per_day(0);
        for _ in 0..1000 {
            limit.take(network(1)).await.unwrap().keep();
        }
    }

    #[tokio::test]
    async fn only_places_that_are_kept_count_and_refill_over_the_day() {
        let limit = GuestLimit::per_day(2);
        for _ in 0..10 {
            drop(limit.take(network(1)).await.unwrap());
        }
        for _ in 0..2 {
            limit.take(network(1)).await.unwrap().keep();
        }
        let wait = limit.take(network(1)).await.err().and_then(|problem| problem.retry_after).unwrap();
        assert!((43_100..=43_200).contains(&wait.as_secs()), "{wait:?}");
        assert!(limit.take(network(2)).await.is_ok());
        limit.forget_recovered();
        assert_eq!(limit.networks.lock().len(), 1);
    }

    #[tokio::test]
    async fn a_taken_place_is_waited_for() {
        let limit = GuestLimit::per_day(2);
        let places = [limit.take(network(1)).await.unwrap(), limit.take(network(1)).await.unwrap()];
        let (third, [one, other]) = (limit.take(network(1)), places);
        let (third, ()) = tokio::join!(third, async {
            one.keep();
            drop(other);
        });
        third.unwrap().keep();
        assert!(limit.take(network(1)).await.is_err());
    }
}
