//! Colours, and their absence. Knows no messages.

use anstyle::{Ansi256Color, AnsiColor, Color as Painted, Style};
use clap::ValueEnum;
use serde::Deserialize;

use super::look;

/// Indices into the 256-colour table with medium luminance, readable on black and on white; a test checks them.
const NAMES: [u8; 16] = [27, 31, 62, 65, 98, 130, 132, 134, 161, 166, 168, 169, 29, 96, 32, 202];

/// The terminal's own colours but for black, white and grey.
const OWN: [AnsiColor; 12] = [
    AnsiColor::Red,
    AnsiColor::Green,
    AnsiColor::Yellow,
    AnsiColor::Blue,
    AnsiColor::Magenta,
    AnsiColor::Cyan,
    AnsiColor::BrightRed,
    AnsiColor::BrightGreen,
    AnsiColor::BrightYellow,
    AnsiColor::BrightBlue,
    AnsiColor::BrightMagenta,
    AnsiColor::BrightCyan,
];

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Returns whether to colour the output.
    pub(crate) fn is_wanted(self, is_terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => is_terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        }
    }
}

/// Paints text, or leaves it unchanged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    colors: bool,
    /// Whether names have the terminal's own colours.
    is_basic: bool,
}

impl Palette {
    pub(crate) fn new(colors: bool) -> Self {
        Self { colors, is_basic: look::colors().are_its_own() }
    }

    pub(crate) fn has_colors(self) -> bool {
        self.colors
    }

    /// Paints text in the colour of a name, which is always the same.
    pub(crate) fn name(self, name: &str, text: &str) -> String {
        let color: Painted = match self.is_basic {
            true => OWN[hash_of(name) % OWN.len()].into(),
            false => Ansi256Color(NAMES[hash_of(name) % NAMES.len()]).into(),
        };
        self.paint(Style::new().fg_color(Some(color)), text)
    }

    /// Paints what should recede: times, rules, hints.
    pub(crate) fn dim(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    /// Paints what should stand out: mentions and counts.
    pub(crate) fn bold(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    fn paint(self, style: Style, text: &str) -> String {
        match self.colors && !text.is_empty() {
            true => format!("{style}{text}{style:#}"),
            false => text.to_owned(),
        }
    }
}

/// Hashes a name with FNV-1a, written out because the colour of a name must not change with the standard library.
fn hash_of(name: &str) -> usize {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 16)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the relative luminance (WCAG 2.1) of a colour of the 6×6×6 cube.
    fn luminance(index: u8) -> f64 {
        let cube = index - 16;
        let linear = |level: u8| {
            let value = if level == 0 { 0.0 } else { f64::from(55 + 40 * u16::from(level)) / 255.0 };
            if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(cube / 36) + 0.7152 * linear(cube / 6 % 6) + 0.0722 * linear(cube % 6)
    }

    #[test]
    fn colours_of_names_are_readable_on_black_and_on_white() {
        for index in NAMES {
            let own = luminance(index);
            let (on_black, on_white) = ((own + 0.05) / 0.05, 1.05 / (own + 0.05));
            assert!(on_black >= 3.0 && on_white >= 3.0, "{index}: {on_black:.1} {on_white:.1}");
        }
    }

    #[test]
    fn a_name_keeps_its_colour_and_names_differ() {
        let palette = Palette::new(true);
        assert_eq!(palette.name("alice", "x"), palette.name("alice", "x"));
        let colors: std::collections::HashSet<_> = (0..100).map(|n| palette.name(&format!("user{n}"), "x")).collect();
        assert!(colors.len() > NAMES.len() / 2, "{colors:?}");
    }

    #[test]
    fn names_can_have_the_colours_of_the_terminals_theme() {
        let palette = Palette { colors: true, is_basic: true };
        let colors: std::collections::HashSet<_> = (0..100).map(|n| palette.name(&format!("user{n}"), "x")).collect();
        assert!(colors.len() == OWN.len() && colors.iter().all(|color| !color.contains("38;5")), "{colors:?}");
    }

    #[test]
    fn without_colours_nothing_is_added() {
        let palette = Palette::new(false);
        assert_eq!(palette.name("alice", "alice") + &palette.dim("x") + &palette.bold("y"), "alicexy");
    }
}
