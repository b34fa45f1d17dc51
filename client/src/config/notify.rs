//! The setting that says how the user is notified. Starts no program.

use std::path::Path;
use std::{env, fs};

use rustix::fs::{Access, access};
use serde::Deserialize;

use crate::domain::plain;

/// How the user is told about a message while they are elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Said")]
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

impl TryFrom<Said> for Notify {
    type Error = &'static str;

    fn try_from(said: Said) -> Result<Self, Self::Error> {
        match said {
            Said::Switch(is_on) => Self::read(&is_on.to_string()),
            Said::Words(words) => Self::read(&words),
        }
    }
}

impl Notify {
    /// Reads a value. A command is split into words as a shell does, with quotes and backslashes.
    ///
    /// # Errors
    ///
    /// If the command cannot be parsed; says why.
    pub(super) fn read(value: &str) -> Result<Self, &'static str> {
        match value.trim().to_ascii_lowercase().as_str() {
            "" | "off" | "false" => Ok(Self::Off),
            "terminal" | "on" | "true" => Ok(Self::Terminal),
            _ => match shell_words::split(value) {
                Ok(words) if words.first().is_some_and(|program| !program.is_empty()) => Ok(Self::Program(words)),
                Ok(_) => Err("the command has no name"),
                Err(_) => Err("a quote is not closed"),
            },
        }
    }

    /// Returns the value as it is written into the settings file, with the path of a program that exists.
    ///
    /// # Errors
    ///
    /// Why the program cannot be run.
    pub(super) fn checked(value: &str) -> Result<String, String> {
        match Self::read(value)? {
            Self::Program(mut words) if words[0].contains('/') => {
                fs::metadata(&words[0]).map_err(plain)?;
                if !can_be_run(Path::new(&words[0])) {
                    return Err("this is not a program that you can run".to_owned());
                }
                // Sessions begin in other folders.
                let absolute = std::path::absolute(&words[0]).map_err(plain)?;
                absolute.to_str().ok_or("the path is not UTF-8")?.clone_into(&mut words[0]);
                Ok(shell_words::join(words))
            }
            Self::Program(words) => {
                let path = env::var_os("PATH").unwrap_or_default();
                match env::split_paths(&path).any(|folder| can_be_run(&folder.join(&words[0]))) {
                    true => Ok(value.to_owned()),
                    false => Err(format!("there is no program named {}; off and terminal need none", words[0])),
                }
            }
            _ => Ok(value.to_owned()),
        }
    }
}

fn can_be_run(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_a_program_and_its_arguments() {
        let notify = |value: &str| Notify::read(value).unwrap();
        assert_eq!([notify("off"), notify("False"), notify("on")], [Notify::Off, Notify::Off, Notify::Terminal]);
        for (value, words) in [
            ("notify-send  -a linger ", ["notify-send", "-a", "linger"]),
            ("'/opt/my tools/tell' -t \"it's new\"", ["/opt/my tools/tell", "-t", "it's new"]),
            (r"/opt/my\ tools/tell -t ''", ["/opt/my tools/tell", "-t", ""]),
        ] {
            assert_eq!(notify(value), Notify::Program(words.map(str::to_owned).to_vec()), "{value}");
        }
        assert!(Notify::read("tell 'me").is_err() && Notify::read("'' me").is_err());
    }
}
