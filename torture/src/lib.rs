//! Runs linger under load and faults, and judges the recorded history.
//!
//! In reading order: [`history`] is the record of a run, and [`verdict`] judges it. Neither knows a server, so they can
//! judge histories from anywhere: from [`run`], from the crash test, or from a file.

pub mod history;
pub mod run;
pub mod verdict;
