//! The pause before the next retry. Knows no clock and does not wait itself.

use std::time::Duration;

/// Pauses that double, each shortened at random by up to half, so that clients do not all return to a restarted server
/// at once.
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(250);
    const LONGEST: Duration = Duration::from_secs(10);

    pub(crate) fn new() -> Self {
        Self { next: Self::FIRST }
    }

    /// Returns the next pause, at least as long as the server asks for.
    pub(crate) fn next_pause(&mut self, at_least: Option<Duration>) -> Duration {
        let longest = self.next;
        self.next = (longest * 2).min(Self::LONGEST);
        // Works without randomness too, only less politely.
        let cut = getrandom::u32().map_or(0.0, |random| f64::from(random) / f64::from(u32::MAX));
        longest.mul_f64(1.0 - cut / 2.0).max(at_least.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit() {
        let mut backoff = Backoff::new();
        let mut longest = Backoff::FIRST;
        for _ in 0..10 {
            let pause = backoff.next_pause(None);
            assert!(pause >= longest / 2 && pause <= longest, "{pause:?} of {longest:?}");
            longest = (longest * 2).min(Backoff::LONGEST);
        }
    }

    #[test]
    fn the_server_can_ask_for_a_longer_pause() {
        let minute = Duration::from_secs(60);
        assert_eq!(Backoff::new().next_pause(Some(minute)), minute);
    }
}
