//! Settings: a flag counts more than the environment, which counts more than the file, which counts more than
//! what is built in. Knows where each value comes from, and nothing of what it is for.

mod layers;
mod show;

use std::path::PathBuf;

use clap::ValueEnum;
use figment::Figment;
use figment::value::magic::RelativePathBuf;
use serde::Deserialize;

use crate::cli::Flags;
use crate::failure::Failure;
use crate::http::{Server, Token};
use crate::place;

/// The settings of one run.
#[derive(Clone, Deserialize)]
pub struct Settings {
    /// Whose part of the file counts, and whose sign-ins.
    pub profile: String,
    /// The server to talk to.
    pub server: Server,
    /// Who to be.
    pub user: Option<String>,
    /// The token of a session that somebody else keeps.
    pub token: Option<Token>,
    /// The room to talk in.
    pub room: Option<String>,
    /// When to colour.
    pub color: Color,
    /// Certificates to trust instead of the system's; in the file a path is relative to the file.
    ca_file: Option<RelativePathBuf>,
    /// Without a password. Only a flag says so, as with the two below.
    #[serde(skip)]
    pub guest: bool,
    /// Print JSON.
    #[serde(skip)]
    pub json: bool,
    /// Tell what is asked of the server.
    #[serde(skip)]
    pub verbose: bool,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// On a terminal that can.
    Auto,
    /// Wherever the output goes.
    Always,
    /// Nowhere.
    Never,
}

impl Color {
    /// Whether to, given that the output is a terminal or is not.
    pub fn is_wanted(self, is_terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => is_terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        }
    }
}

impl Settings {
    /// The file of certificates to trust.
    pub fn ca_file(&self) -> Option<PathBuf> {
        self.ca_file.as_ref().map(RelativePathBuf::relative)
    }
}

/// The settings, and where they come from.
pub struct Config {
    /// What came out.
    pub settings: Settings,
    layers: Figment,
    /// The file, whether or not it is there.
    file: Option<PathBuf>,
}

impl Config {
    /// Reads them all.
    ///
    /// # Errors
    /// [`Failure::Usage`], which names the place of what cannot be understood.
    pub fn load(flags: &Flags) -> Result<Self, Failure> {
        let file = place::config_file();
        let layers = layers::stack(flags, file.as_deref())?;
        let mut settings: Settings = layers.extract().map_err(|error| layers::refusal(&error))?;
        settings.guest = flags.guest;
        settings.json = flags.json;
        settings.verbose = flags.verbose;
        Ok(Self { settings, layers, file })
    }
}
