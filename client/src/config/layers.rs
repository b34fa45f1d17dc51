//! The layers of settings, each above the previous one, and errors in them. Knows the names of variables and flags, and
//! nothing of the values' meaning.

use std::env;
use std::path::Path;

use figment::error::Kind;
use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Tag, Value};
use figment::{Error, Figment, Metadata, Profile, Provider};

use crate::cli::{self, Flags};
use crate::domain::Failure;

/// The profile that is used unless another is named: the top level of the file.
pub(super) const DEFAULT_PROFILE: &str = "default";
const DEFAULT_SERVER: &str = "http://127.0.0.1:8000";

/// The table of profiles, at the top level of a file.
const PROFILES: &str = "profiles";

/// A value and its source. Text stays text: a user may be called 007.
struct Said {
    key: &'static str,
    value: String,
    by: String,
}

impl Provider for Said {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.by.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let value = Value::String(Tag::Default, self.value.clone());
        Ok(Profile::Default.collect(Dict::from([(self.key.to_owned(), value)])))
    }
}

/// Returns the built-in values.
fn defaults() -> Figment {
    let values = [
        (DEFAULT_PROFILE, "profile"),
        (DEFAULT_SERVER, "server"),
        ("auto", "color"),
        ("auto", "palette"),
        ("24h", "time"),
        ("on", "history"),
        ("on", "bell"),
        ("on", "title"),
        ("terminal", "notify"),
    ];
    let said = values.map(|(value, key)| Said { key, value: value.to_owned(), by: "built in".to_owned() });
    said.into_iter().fold(Figment::new(), Figment::merge)
}

/// Builds the layers, the strongest last.
pub(super) fn stack(flags: &Flags, file: Option<&Path>) -> Result<Figment, Failure> {
    let mut layers = defaults();
    if let (Some(server), Some((linked, flag))) = (&flags.server, flags.linked())
        && server != linked
    {
        return Err(Failure::Usage(format!("the link of {flag} leads to {linked}, and --server to {server}")));
    }
    let above: Vec<Said> = environment()?.into_iter().chain(flags_of(flags)).collect();
    if let Some(path) = file.filter(|path| path.exists()) {
        let named = above.iter().rfind(|said| said.key == "profile");
        layers = layers.merge(from_file(path, named.map(|said| said.value.as_str()))?);
    } else if let Some(named) = above.iter().rfind(|said| said.key == "profile" && said.value != DEFAULT_PROFILE) {
        let wanting = file.map_or_else(|| "a settings file".to_owned(), |path| path.display().to_string());
        return Err(Failure::Usage(format!(
            "{} selects the profile {}, but {wanting} does not exist",
            named.by, named.value
        )));
    }
    Ok(above.into_iter().fold(layers, Figment::merge))
}

/// Builds the layers of a file's text alone, or of a profile in it, above the built-in values.
pub(super) fn of_text(text: &str, profile: Option<&str>) -> Figment {
    let figment = Figment::from(Toml::string(text));
    defaults().merge(match profile {
        Some(profile) => figment.focus(&format!("profiles.{profile}")),
        None => figment,
    })
}

/// Reads the top level of the file, with the profile above it.
fn from_file(path: &Path, named: Option<&str>) -> Result<Figment, Failure> {
    let figment = Figment::from(Toml::file_exact(path));
    let data = figment.data();
    let mut data = data.map_err(|error| Failure::Usage(format!("{}: {}", path.display(), syntax(&error))))?;
    let everything = data.remove(&Profile::Default).unwrap_or_default();
    let profiles = match everything.get(PROFILES) {
        None => Dict::new(),
        Some(Value::Dict(_, profiles)) => profiles.clone(),
        Some(_) => return Err(refused_in(path, PROFILES, "must be a table with a table for each profile")),
    };
    let is_unknown = |key: &&String, is_top_level| !cli::in_file(is_top_level).any(|known| known == *key);
    if let Some(key) = everything.keys().find(|key| *key != PROFILES && is_unknown(key, true)) {
        return Err(unknown(path, key, cli::in_file(true).chain([PROFILES])));
    }
    for (name, profile) in &profiles {
        if name.contains('.') {
            return Err(refused_in(path, PROFILES, &format!("{name}: the name of a profile has no dot")));
        }
        let Value::Dict(_, settings) = profile else {
            return Err(refused_in(path, &format!("profiles.{name}"), "must be a table"));
        };
        if let Some(key) = settings.keys().find(|key| is_unknown(key, false)) {
            return Err(unknown(path, &format!("profiles.{name}.{key}"), cli::in_file(false)));
        }
    }
    let in_file = everything.get("profile").and_then(Value::as_str);
    let profile = named.or(in_file).unwrap_or(DEFAULT_PROFILE);
    if profiles.contains_key(profile) {
        let part = figment.focus(&format!("profiles.{profile}"));
        return Ok(figment.merge(part));
    }
    if profile == DEFAULT_PROFILE {
        return Ok(figment);
    }
    let known: Vec<&str> = profiles.keys().map(String::as_str).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(refused_in(path, PROFILES, &format!("there is no profile named {profile}; known: {known}")))
}

fn unknown(path: &Path, key: &str, known: impl Iterator<Item = &'static str>) -> Failure {
    refused_in(path, key, &format!("unknown setting; known: {}", known.collect::<Vec<_>>().join(", ")))
}

fn refused_in(path: &Path, key: &str, what: &str) -> Failure {
    Failure::Usage(format!("{}, {key}: {what}", path.display()))
}

/// Reads the environment. An empty variable counts as unset.
fn environment() -> Result<Vec<Said>, Failure> {
    let variables = [
        ("LINGER_SERVER", "server"),
        ("LINGER_USER", "user"),
        ("LINGER_TOKEN", "token"),
        ("LINGER_PROFILE", "profile"),
        ("LINGER_CA_FILE", "ca_file"),
        ("NO_COLOR", "color"),
    ];
    let set = variables.into_iter().filter_map(|(name, key)| {
        let value = env::var_os(name).filter(|value| !value.is_empty())?;
        Some((name, key, value.into_string()))
    });
    let said = set.map(|(name, key, value)| {
        let value = match (name, value) {
            // https://no-color.org: any value counts.
            ("NO_COLOR", _) => "never".to_owned(),
            (_, Err(_)) => return Err(Failure::Usage(format!("{name} is not UTF-8"))),
            ("LINGER_TOKEN", Ok(token)) => token_in(&token)?,
            (_, Ok(value)) => value,
        };
        Ok(Said { key, value, by: name.to_owned() })
    });
    said.collect()
}

/// Returns the token without white space around it, such as the end of a line of the file it was read from.
fn token_in(value: &str) -> Result<String, Failure> {
    let token = value.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::Usage("LINGER_TOKEN is no token: it has characters that no token has".to_owned()));
    }
    Ok(token.to_owned())
}

fn flags_of(flags: &Flags) -> impl Iterator<Item = Said> {
    // A link is for its own server alone.
    let linked = flags.linked().filter(|_| flags.server.is_none());
    let linked = linked.map(|(server, flag)| ("server", flag, Some(server.to_string())));
    let color = flags.color.map(|color| format!("{color:?}").to_lowercase());
    let said = [
        ("server", "--server", flags.server.as_ref().map(ToString::to_string)),
        ("user", "--user", flags.user.clone()),
        ("profile", "--profile", flags.profile.clone()),
        ("ca_file", "--ca-file", flags.ca_file.as_ref().map(|path| path.display().to_string())),
        ("color", "--color", color),
    ];
    said.into_iter()
        .chain(linked)
        .filter_map(|(key, flag, value)| Some(Said { key, value: value?, by: flag.to_owned() }))
}

/// Returns a failure with the location of the bad value.
pub(super) fn refusal(error: &Error) -> Failure {
    let by = error.metadata.as_ref().map(said_by);
    let key = Some(error.path.join(".")).filter(|key| !key.is_empty());
    let place: Vec<String> = by.into_iter().chain(key).collect();
    Failure::Usage(format!("{}: {}", place.join(", "), said(error)))
}

/// Returns what is wrong with a value.
pub(super) fn said(error: &Error) -> String {
    match &error.kind {
        Kind::UnknownVariant(found, known) => format!("{found} is not one of {}", known.join(", ")),
        kind => kind.to_string(),
    }
}

/// Returns a TOML error on one line, without the excerpt.
fn syntax(error: &Error) -> String {
    let what = error.kind.to_string();
    let words = what.lines().filter(|line| line.starts_with(char::is_alphabetic));
    words.collect::<Vec<_>>().join(": ")
}

/// Returns the source of a value: a flag, a variable, or a file's path.
pub(super) fn said_by(metadata: &Metadata) -> String {
    let file = metadata.source.as_ref().and_then(|source| source.file_path());
    file.map_or_else(|| metadata.name.to_string(), |path| path.display().to_string())
}
