//! Tests of the verdict: good histories pass, and a fault planted in one is reported by its kind.

mod changed;
mod planted;
mod removed;
mod server;
mod simulated;
mod sound;
