//! Faults that a debug build can be asked for with `LINGER_PLANT`, so that tests see what follows from them. Other
//! builds ignore the variable.

/// Returns whether this fault is asked for.
pub(crate) fn is_planted(fault: &str) -> bool {
    cfg!(debug_assertions) && std::env::var("LINGER_PLANT").is_ok_and(|plant| plant == fault)
}

/// Panics if this fault is asked for and `now` is the time for it.
pub(crate) fn panic_if_planted(fault: &str, now: bool) {
    assert!(!(now && is_planted(fault)), "planted: {fault}");
}
