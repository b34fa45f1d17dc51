//! How times and names look, as the settings say. Knows no messages.

use std::sync::OnceLock;

use jiff::Zoned;
use serde::Deserialize;

/// How times are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum Hours {
    #[default]
    #[serde(rename = "24h", alias = "24")]
    TwentyFour,
    #[serde(rename = "12h", alias = "12")]
    Twelve,
}

/// The colours of names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum Colors {
    /// As many as the terminal has.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// The terminal's own, as its theme sets them.
    #[serde(rename = "16")]
    Sixteen,
    #[serde(rename = "256")]
    TwoHundredFiftySix,
}

impl Colors {
    /// Returns whether names have the terminal's own colours.
    pub(super) fn are_its_own(self) -> bool {
        const OLD: [&str; 8] = ["ansi", "linux", "rxvt", "screen", "tmux", "vt220", "xterm", "xterm-16color"];
        match self {
            Self::Auto => {
                let has_more = std::env::var_os("COLORTERM").is_some_and(|term| !term.is_empty());
                !has_more && std::env::var("TERM").is_ok_and(|term| OLD.contains(&term.as_str()))
            }
            colors => colors == Self::Sixteen,
        }
    }
}

static HOURS: OnceLock<Hours> = OnceLock::new();
static COLORS: OnceLock<Colors> = OnceLock::new();

/// Sets how everything looks, once.
pub(crate) fn look(hours: Hours, colors: Colors) {
    let _ = HOURS.set(hours);
    let _ = COLORS.set(colors);
}

/// Returns the colours that are set.
pub(super) fn colors() -> Colors {
    COLORS.get().copied().unwrap_or_default()
}

/// Formats a time of day.
pub(super) fn time_of_day(at: &Zoned) -> String {
    written(at, HOURS.get().copied().unwrap_or_default())
}

fn written(at: &Zoned, hours: Hours) -> String {
    at.strftime(if hours == Hours::Twelve { "%I:%M %P" } else { "%H:%M" }).to_string()
}

/// Formats a time of day, with the date unless that is today's.
pub(super) fn time_and_date(at: &Zoned, now: &Zoned) -> String {
    let time = time_of_day(at);
    if at.date() == now.date() { time } else { format!("{} {time}", at.date()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_12_or_24_hours() {
        for (time, full, half) in
            [("00:05", "00:05", "12:05 am"), ("12:00", "12:00", "12:00 pm"), ("21:07", "21:07", "09:07 pm")]
        {
            let at: Zoned = format!("2026-11-21T{time}:00+01:00[+01:00]").parse().unwrap();
            assert_eq!((written(&at, Hours::TwentyFour), written(&at, Hours::Twelve)), (full.into(), half.into()));
        }
    }
}
