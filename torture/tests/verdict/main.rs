//! The verdict itself is tested: good histories are found good, and a fault planted in one is found by its kind.

mod planted;
mod server;
mod simulated;
mod sound;
