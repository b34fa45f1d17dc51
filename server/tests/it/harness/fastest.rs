//! Answers that must not differ in the time they take.

use std::time::Duration;

/// The fastest of several answers to each of three questions. A busy machine makes answers slower, never faster, so
/// these show how long the work takes.
#[derive(Debug)]
pub(crate) struct Fastest([Duration; 3]);

impl Fastest {
    /// More rounds than a busy machine needs.
    const MOST_ROUNDS: usize = 40;

    pub(crate) fn new() -> Self {
        Self([Duration::MAX; 3])
    }

    /// Adds an answer to the question of this number.
    pub(crate) fn add(&mut self, question: usize, took: Duration) {
        self.0[question] = took.min(self.0[question]);
    }

    /// Returns whether the questions need another round: at least five, and more until the work for each takes about
    /// as long. Panics if that never happens.
    pub(crate) fn needs_another(&self, rounds: usize) -> bool {
        if rounds < 5 {
            return true;
        }
        let (least, most) = (self.0.iter().min().unwrap(), self.0.iter().max().unwrap());
        // Work that is left out makes an answer tens of times faster.
        let is_alike = *most < *least * 3;
        assert!(is_alike || rounds < Self::MOST_ROUNDS, "the fastest answers took {self:?}");
        !is_alike
    }
}
