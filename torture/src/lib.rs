//! linger under load and faults, and the verdict on what came of it.
//!
//! In reading order: [`history`] is what a run leaves behind, [`verdict`] judges it. Neither knows a server,
//! so that histories from anywhere can be judged: from [`run`], from the crash test, from a file.

pub mod history;
pub mod run;
pub mod verdict;
