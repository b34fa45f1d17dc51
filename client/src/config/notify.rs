//! The setting that says how the user is notified. Starts no program.

use serde::Deserialize;

/// How the user is told about a message while they are elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Said")]
pub(crate) enum Notify {
    Off,
    /// The terminal tells.
    Terminal,
    /// A program, with its arguments, tells. It gets the text as its last argument and as its input.
    Program(Vec<String>),
}

/// A switch may be written as one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Switch(bool),
    Words(String),
}

impl From<Said> for Notify {
    fn from(said: Said) -> Self {
        match said {
            Said::Switch(is_on) => is_on.to_string().into(),
            Said::Words(words) => words.into(),
        }
    }
}

impl From<String> for Notify {
    fn from(words: String) -> Self {
        match words.trim().to_ascii_lowercase().as_str() {
            "" | "off" | "false" => Self::Off,
            "terminal" | "on" | "true" => Self::Terminal,
            _ => Self::Program(words.split_whitespace().map(str::to_owned).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_a_program_and_its_arguments() {
        let notify = |words: &str| Notify::from(words.to_owned());
        assert_eq!([notify("off"), notify("False"), notify("on")], [Notify::Off, Notify::Off, Notify::Terminal]);
        let words = ["notify-send", "-a", "linger"].map(str::to_owned).to_vec();
        assert_eq!(notify("notify-send  -a linger "), Notify::Program(words));
    }
}
