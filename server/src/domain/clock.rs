//! Time as linger tells it: milliseconds since 1970 inside, RFC 3339 in UTC outside.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

/// Now, in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// `2026-11-21T10:00:00.123Z`.
pub(crate) fn rfc3339(ms: i64) -> String {
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
    let time = Timestamp::from_millisecond(ms).unwrap_or_default();
    PRINTER.timestamp_to_string(&time)
}

/// Milliseconds since 1970; nothing for what is not a time.
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
    fn what_is_written_can_be_read() {
        assert_eq!(super::from_rfc3339("2026-11-21T10:00:00.120Z"), Some(1_795_255_200_120));
        assert_eq!(super::from_rfc3339("yesterday"), None);
    }
}
