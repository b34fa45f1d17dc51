//! Settings. A flag overrides the environment, which overrides the settings file, which overrides the built-in value.
//! Knows where each value comes from, and nothing of its use.

mod checks;
mod layers;
mod notify;
mod written;

use std::path::PathBuf;

use figment::Figment;
use figment::value::Value;
use figment::value::magic::RelativePathBuf;
use serde::Deserialize;

pub(crate) use self::notify::Notify;
use crate::cli::{self, Flags, SETTINGS};
use crate::display::{Color, Colors, Hours};
use crate::domain::{Failure, Switch};
use crate::files;
use crate::http::{Code, Server, Token};

/// Those that are on or off, however that is written.
const SWITCHES: [&str; 3] = ["history", "bell", "title"];

/// The settings of one run.
#[derive(Clone, Deserialize)]
pub(crate) struct Settings {
    pub(crate) profile: String,
    pub(crate) server: Server,
    /// The user to sign in as.
    pub(crate) user: Option<String>,
    /// The token of a session that the client does not keep.
    token: Option<String>,
    /// The flag because of which that token is not used.
    #[serde(skip)]
    pub(crate) flag_above_token: Option<&'static str>,
    /// The room to open.
    pub(crate) room: Option<String>,
    pub(crate) color: Color,
    /// The colours of names.
    pub(crate) palette: Colors,
    pub(crate) time: Hours,
    /// Whether typed lines are kept for the next session.
    pub(crate) history: Switch,
    /// Whether the bell rings, and the window's title counts, while the user is elsewhere.
    pub(crate) bell: Switch,
    pub(crate) title: Switch,
    pub(crate) notify: Notify,
    /// Certificates to trust instead of the system's. In the file, a path is relative to the file.
    ca_file: Option<RelativePathBuf>,
    /// Sign in without a password. This and what follows are set by flags only.
    #[serde(skip)]
    pub(crate) guest: bool,
    /// Create the account if the name is free.
    #[serde(skip)]
    pub(crate) create: bool,
    /// Let the user in with a code.
    #[serde(skip)]
    pub(crate) code: Option<Code>,
    #[serde(skip)]
    pub(crate) json: bool,
    /// Log each request.
    #[serde(skip)]
    pub(crate) verbose: bool,
}

impl Settings {
    /// Returns the token of a session that the client does not keep.
    pub(crate) fn token(&self) -> Option<Token> {
        self.token.clone().map(Token::from)
    }

    /// Returns the file of certificates to trust.
    pub(crate) fn ca_file(&self) -> Option<PathBuf> {
        self.ca_file.as_ref().map(RelativePathBuf::relative)
    }
}

/// The settings and their sources.
pub(crate) struct Config {
    pub(crate) settings: Settings,
    layers: Figment,
    /// The settings file, which may not exist.
    pub(crate) file: Option<PathBuf>,
}

impl Config {
    /// Reads all sources.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] with the location of a value that cannot be understood.
    pub(crate) fn load(flags: &Flags) -> Result<Self, Failure> {
        let file = files::config_file();
        let layers = layers::stack(flags, file.as_deref())?;
        let mut settings: Settings = layers.extract().map_err(|error| layers::refusal(&error))?;
        // A flag overrides a variable: the token is of another session, and perhaps of another server.
        settings.flag_above_token = flags.of_sign_in().filter(|_| settings.token.take().is_some());
        settings.guest = flags.guest;
        settings.create = flags.create;
        settings.code = flags.code();
        settings.json = flags.json;
        settings.verbose = flags.verbose;
        Ok(Self { settings, layers, file })
    }

    /// Returns each setting with its value and its source, which are `None` if it is not set.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, Option<String>, Option<String>)> {
        SETTINGS.iter().map(|setting| {
            let key = setting.key;
            let value = self.layers.find_value(key).ok().map(|value| shown(key, value));
            (key, value, self.layers.find_metadata(key).map(layers::said_by))
        })
    }
}

/// Returns the names of the profiles that can be used.
pub(crate) fn profiles() -> Vec<String> {
    let text = files::config_file().and_then(|path| files::read(&path).ok()?).unwrap_or_default();
    let mut names = written::profiles(&text);
    if !names.iter().any(|name| name == layers::DEFAULT_PROFILE) {
        names.push(layers::DEFAULT_PROFILE.to_owned());
    }
    names
}

/// Writes a setting into the file: at its top level, or into the profile that the flags name. Returns the path.
///
/// # Errors
///
/// [`Failure::Usage`] if there is no such setting, or if the value makes no sense.
pub(crate) fn set(profile: Option<&str>, key: &str, value: &str) -> Result<PathBuf, Failure> {
    let path = files::config_file().ok_or_else(|| Failure::Terminal("there is no home folder".to_owned()))?;
    if !cli::in_file(profile.is_none()).any(|known| known == key) {
        let known = cli::in_file(profile.is_none()).collect::<Vec<_>>().join(", ");
        return Err(Failure::Usage(format!("there is no setting named {key}; known: {known}")));
    }
    profile.map_or(Ok(()), checks::refuse_dotted)?;
    let before = files::read(&path)?.unwrap_or_default();
    let unreadable = |why: String| Failure::Usage(format!("{}: {why}", path.display()));
    if key == "profile"
        && value != layers::DEFAULT_PROFILE
        && !written::has_profile(&before, value).map_err(unreadable)?
    {
        let way = format!("`linger --profile {value} config set KEY VALUE` makes it");
        return Err(Failure::Usage(format!("profile: there is no profile named {value}; {way}")));
    }
    let value = &checks::checked(key, value)?;
    let after = written::set(&before, profile, key, value).map_err(unreadable)?;
    // A value that came before may be wrong, too: this may be the attempt to correct it.
    let alone = written::set("", profile, key, value).map_err(unreadable)?;
    let read = layers::of_text(&alone, profile).extract::<Settings>();
    read.map_err(|error| Failure::Usage(format!("{key}: {}", layers::said(&error))))?;
    files::write(&path, &after)?;
    Ok(path)
}

fn shown(key: &str, value: Value) -> String {
    match key {
        "token" => "(not shown)".to_owned(),
        _ => match value.to_bool() {
            Some(is_on) => Switch(is_on).to_string(),
            None if SWITCHES.contains(&key) => {
                let word = value.into_string().unwrap_or_default();
                word.parse::<Switch>().map_or(word, |switch| switch.to_string())
            }
            None => value.into_string().unwrap_or_default(),
        },
    }
}
