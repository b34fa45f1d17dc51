//! Settings: a flag counts more than the environment, which counts more than the file, which counts more than
//! what is built in. Knows where each value comes from, and nothing of what it is for.

mod layers;

use std::path::PathBuf;

use figment::Figment;
use figment::value::Value;
use figment::value::magic::RelativePathBuf;
use serde::Deserialize;

use crate::cli::Flags;
use crate::display::Color;
use crate::domain::Failure;
use crate::files;
use crate::http::{Server, Token};

/// The settings, in the order in which they are listed.
const KEYS: [&str; 7] = ["profile", "server", "user", "room", "color", "ca_file", "token"];

/// The settings of one run.
#[derive(Clone, Deserialize)]
pub(crate) struct Settings {
    /// Whose part of the file counts, and whose sign-ins.
    pub(crate) profile: String,
    /// The server to talk to.
    pub(crate) server: Server,
    /// Who to be.
    pub(crate) user: Option<String>,
    /// The token of a session that somebody else keeps.
    pub(crate) token: Option<Token>,
    /// The room to talk in.
    pub(crate) room: Option<String>,
    /// When to colour.
    pub(crate) color: Color,
    /// Certificates to trust instead of the system's; in the file a path is relative to the file.
    ca_file: Option<RelativePathBuf>,
    /// Without a password. Only a flag says so, as with the two below.
    #[serde(skip)]
    pub(crate) guest: bool,
    /// Print JSON.
    #[serde(skip)]
    pub(crate) json: bool,
    /// Tell what is asked of the server.
    #[serde(skip)]
    pub(crate) verbose: bool,
}

impl Settings {
    /// The file of certificates to trust.
    pub(crate) fn ca_file(&self) -> Option<PathBuf> {
        self.ca_file.as_ref().map(RelativePathBuf::relative)
    }
}

/// The settings, and where they come from.
pub(crate) struct Config {
    /// What came out.
    pub(crate) settings: Settings,
    layers: Figment,
    /// The settings file, whether or not it exists.
    pub(crate) file: Option<PathBuf>,
}

impl Config {
    /// Reads them all.
    ///
    /// # Errors
    /// [`Failure::Usage`], which names the place of what cannot be understood.
    pub(crate) fn load(flags: &Flags) -> Result<Self, Failure> {
        let file = files::config_file();
        let layers = layers::stack(flags, file.as_deref())?;
        let mut settings: Settings = layers.extract().map_err(|error| layers::refusal(&error))?;
        settings.guest = flags.guest;
        settings.json = flags.json;
        settings.verbose = flags.verbose;
        Ok(Self { settings, layers, file })
    }

    /// Returns each setting with its value and its source, which are `None` if it is not set.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, Option<String>, Option<String>)> {
        KEYS.into_iter().map(|key| {
            let value = self.layers.find_value(key).ok().map(|value| shown(key, value));
            (key, value, self.layers.find_metadata(key).map(layers::said_by))
        })
    }
}

fn shown(key: &str, value: Value) -> String {
    match key {
        "token" => "(not shown)".to_owned(),
        _ => value.into_string().unwrap_or_default(),
    }
}
