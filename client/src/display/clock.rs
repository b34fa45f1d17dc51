//! Server timestamps in local time.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::visible;

/// Formats a server timestamp as local date and time.
pub(crate) fn local_time(time: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => visible(time),
    }
}
