//! Time: milliseconds since 1970 inside the server, RFC 3339 in UTC outside.

use std::sync::OnceLock;
use std::time::Instant;

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

/// Returns the current time in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Returns the milliseconds since the first call, by a clock that is never set. For intervals.
pub(crate) fn running_ms() -> i64 {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    i64::try_from(BEGIN.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(i64::MAX)
}

/// Formats a time, as in `2026-11-21T10:00:00.123Z`.
pub(crate) fn rfc3339(ms: i64) -> String {
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
    let time = Timestamp::from_millisecond(ms).unwrap_or_default();
    PRINTER.timestamp_to_string(&time)
}

/// Parses a time into milliseconds since 1970. Returns `None` if the text is not a time.
pub(crate) fn from_rfc3339(text: &str) -> Option<i64> {
    Some(text.parse::<Timestamp>().ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    #[test]
    fn milliseconds_are_always_written() {
        assert_eq!(super::rfc3339(1_795_255_200_120), "2026-11-21T10:00:00.120Z");
        assert_eq!(super::rfc3339(1_795_255_200_000), "2026-11-21T10:00:00.000Z");
    }

    #[test]
    fn a_formatted_time_can_be_parsed() {
        assert_eq!(super::from_rfc3339("2026-11-21T10:00:00.120Z"), Some(1_795_255_200_120));
        assert_eq!(super::from_rfc3339("yesterday"), None);
    }
}
