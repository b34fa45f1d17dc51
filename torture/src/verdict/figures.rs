//! How much there was to judge, and how long messages took.

use std::time::Duration;

/// Counts over a whole history.
#[derive(Debug, Default)]
pub struct Figures {
    /// Stored messages.
    pub stored: usize,
    /// Sends answered with 201.
    pub acknowledged: usize,
    /// Messages acknowledged more than once.
    pub repeated: usize,
    /// Changes answered with 200 or 204.
    pub changed: usize,
    /// Changed messages delivered to readers.
    pub redeliveries: usize,
    /// How often users were shut out of private rooms: removed, disabled or signed out.
    pub exits: usize,
    /// How often users were removed from private rooms.
    pub removals: usize,
    /// Times from then to the end of a request that another node held for the user.
    pub endings: Delays,
    /// Messages sent to private rooms.
    pub confided: usize,
    /// Messages of private rooms delivered to users.
    pub overheard: usize,
    /// Answered polls.
    pub polls: usize,
    /// Messages delivered to readers.
    pub deliveries: usize,
    /// Failed requests that were retried.
    pub failures: usize,
    /// Injected faults.
    pub faults: usize,
    /// Times from a message's acknowledgement, or from the poll that brought it if that came later, to the answer.
    pub delays: Delays,
}

/// A histogram of durations, in steps of an eighth of a power of two.
#[derive(Debug, Default)]
pub struct Delays {
    counts: Vec<usize>,
    max_us: u64,
}

impl Delays {
    pub(super) fn add(&mut self, us: u64) {
        let step = step(us);
        if self.counts.len() <= step {
            self.counts.resize(step + 1, 0);
        }
        self.counts[step] += 1;
        self.max_us = self.max_us.max(us);
    }

    /// Returns how many durations there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Returns the longest duration.
    #[must_use]
    pub fn max(&self) -> Duration {
        Duration::from_micros(self.max_us)
    }

    /// Returns the duration that this share of all does not exceed, to an eighth. 0.5 is the median.
    #[must_use]
    pub fn quantile(&self, part: f64) -> Duration {
        let wanted = part * self.count() as f64;
        let mut passed = 0;
        let found = self.counts.iter().position(|count| {
            passed += count;
            passed as f64 >= wanted
        });
        Duration::from_micros(found.map_or(0, |step| upper(step).min(self.max_us)))
    }
}

fn step(us: u64) -> usize {
    if us < 8 {
        return us as usize;
    }
    let power = us.ilog2();
    (power as usize - 2) * 8 + ((us >> (power - 3)) & 7) as usize
}

/// Returns the largest number of microseconds that falls into a step.
fn upper(step: usize) -> u64 {
    if step < 8 {
        return step as u64;
    }
    let power = step / 8 + 2;
    ((9 + (step as u64 & 7)) << (power - 3)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_ends_where_the_next_begins() {
        for us in (0..100_000).chain([u64::from(u32::MAX), 1 << 40]) {
            assert!(us <= upper(step(us)), "{us}");
            assert!(us == 0 || us > upper(step(us) - 1) || step(us) == 0, "{us}");
        }
    }

    #[test]
    fn quantiles_are_accurate_to_an_eighth() {
        let mut delays = Delays::default();
        (1..=1000).for_each(|us| delays.add(us));
        let median = delays.quantile(0.5).as_micros();
        assert!((500..=563).contains(&median), "{median}");
        assert_eq!(delays.quantile(1.0), delays.max());
        assert_eq!(delays.max().as_micros(), 1000);
    }
}
