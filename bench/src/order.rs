//! Whether somebody got everything, once and in order: the numbers of one speaker's messages, which count 1, 2, 3 …

use std::collections::BTreeSet;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// What went wrong; nothing, if all goes well.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// Never came.
    pub missing: u64,
    /// Came again.
    pub doubled: u64,
    /// Came after a later one.
    pub disordered: u64,
}

/// What one reader got of one speaker.
#[derive(Debug, Default, Clone)]
pub struct Ledger {
    newest: u64,
    /// Below the newest, and not seen.
    gaps: BTreeSet<u64>,
    doubled: u64,
    disordered: u64,
}

impl Ledger {
    /// A message came; whether it is the first time.
    pub fn note(&mut self, number: u64) -> bool {
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

    /// The verdict, when so many were said.
    pub fn faults(&self, said: u64) -> Faults {
        let missing = self.gaps.len() as u64 + said.saturating_sub(self.newest);
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
    /// All of them.
    pub fn total(&self) -> u64 {
        self.missing + self.doubled + self.disordered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(numbers: &[u64], said: u64) -> Faults {
        let mut ledger = Ledger::default();
        for number in numbers {
            ledger.note(*number);
        }
        ledger.faults(said)
    }

    #[test]
    fn who_got_everything_once_and_in_order_has_no_faults() {
        assert_eq!(faults(&[1, 2, 3, 4], 4), Faults::default());
        assert_eq!(faults(&[], 0), Faults::default());
    }

    #[test]
    fn each_planted_fault_is_counted_as_what_it_is() {
        let clean = Faults::default();
        assert_eq!(faults(&[1, 2, 4], 4), Faults { missing: 1, ..clean }, "one left out");
        assert_eq!(faults(&[1, 2, 3], 5), Faults { missing: 2, ..clean }, "the last ones");
        assert_eq!(faults(&[], 3), Faults { missing: 3, ..clean }, "all of them");
        assert_eq!(faults(&[1, 2, 2, 3], 3), Faults { doubled: 1, ..clean }, "one twice");
        assert_eq!(faults(&[1, 2, 3, 1], 3), Faults { doubled: 1, ..clean }, "an old one again");
        assert_eq!(faults(&[1, 3, 2, 4], 4), Faults { disordered: 1, ..clean }, "two swapped");
        assert_eq!(faults(&[2, 1, 2, 5, 3], 5), Faults { missing: 1, doubled: 1, disordered: 2 }, "everything");
    }

    #[test]
    fn only_the_first_arrival_of_a_message_is_a_delivery() {
        let mut ledger = Ledger::default();
        assert_eq!([1, 3, 2, 2, 3].map(|number| ledger.note(number)), [true, true, true, false, false]);
    }
}
