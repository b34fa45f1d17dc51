//! Checks that a reader receives everything once and in order, given the numbers 1, 2, 3 … of a speaker's messages.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Delivery errors.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Faults {
    /// Messages that never arrived.
    pub(crate) missing: u64,
    /// Messages that arrived again.
    pub(crate) doubled: u64,
    /// Messages that arrived after a later one.
    pub(crate) disordered: u64,
}

/// The messages of one speaker that one reader has received.
#[derive(Debug, Default, Clone)]
pub(crate) struct Ledger {
    newest: u64,
    /// Numbers below the newest that have not arrived.
    gaps: BTreeSet<u64>,
    doubled: u64,
    disordered: u64,
}

impl Ledger {
    /// Records a message. Returns whether it arrived for the first time.
    pub(crate) fn record(&mut self, number: u64) -> bool {
        if number > self.newest {
            self.gaps.extend(self.newest + 1..number);
            self.newest = number;
            true
        } else if self.gaps.remove(&number) {
            self.disordered += 1;
            true
        } else {
            self.doubled += 1;
            false
        }
    }

    /// Returns the errors, given the number of messages sent.
    pub(crate) fn faults(&self, sent: u64) -> Faults {
        let missing = self.gaps.len() as u64 + sent.saturating_sub(self.newest);
        Faults { missing, doubled: self.doubled, disordered: self.disordered }
    }
}

impl AddAssign for Faults {
    fn add_assign(&mut self, other: Self) {
        self.missing += other.missing;
        self.doubled += other.doubled;
        self.disordered += other.disordered;
    }
}

impl Faults {
    pub(crate) fn total(&self) -> u64 {
        self.missing + self.doubled + self.disordered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(numbers: &[u64], sent: u64) -> Faults {
        let mut ledger = Ledger::default();
        for number in numbers {
            ledger.record(*number);
        }
        ledger.faults(sent)
    }

    #[test]
    fn receiving_everything_once_and_in_order_has_no_faults() {
        assert_eq!(faults(&[1, 2, 3, 4], 4), Faults::default());
        assert_eq!(faults(&[], 0), Faults::default());
    }

    #[test]
    fn each_planted_fault_is_counted_by_its_kind() {
        let clean = Faults::default();
        assert_eq!(faults(&[1, 2, 4], 4), Faults { missing: 1, ..clean }, "one is skipped");
        assert_eq!(faults(&[1, 2, 3], 5), Faults { missing: 2, ..clean }, "the last ones are missing");
        assert_eq!(faults(&[], 3), Faults { missing: 3, ..clean }, "all are missing");
        assert_eq!(faults(&[1, 2, 2, 3], 3), Faults { doubled: 1, ..clean }, "one arrives twice");
        assert_eq!(faults(&[1, 2, 3, 1], 3), Faults { doubled: 1, ..clean }, "an old one arrives again");
        assert_eq!(faults(&[1, 3, 2, 4], 4), Faults { disordered: 1, ..clean }, "two are swapped");
        assert_eq!(faults(&[2, 1, 2, 5, 3], 5), Faults { missing: 1, doubled: 1, disordered: 2 }, "all at once");
    }

    #[test]
    fn only_the_first_arrival_of_a_message_counts() {
        let mut ledger = Ledger::default();
        assert_eq!([1, 3, 2, 2, 3].map(|number| ledger.record(number)), [true, true, true, false, false]);
    }
}
