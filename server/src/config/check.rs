//! Checks that every setting is known and every number possible. A misspelt setting would silently leave the default
//! in force.

use std::env;
use std::path::{Path, PathBuf};

use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Error, Figment, Profile, Provider};
use rocket::data::Limits;
use rocket::http::RawStr;

use super::{CONFIG, DEFAULT_FILE, Proxies, built_in};
use crate::domain::nearest::nearest;

/// Settings that have no default: those of the database's pool, and one of Rocket's that has no effect here.
const WITHOUT_DEFAULT: [&str; 4] =
    ["databases.chat.min_connections", "databases.chat.idle_timeout", "databases.chat.extensions", "secret_key"];

/// Profiles that need no table in the settings file: the one of all settings, and Rocket's own two.
const USUAL_PROFILES: [&str; 3] = ["default", "debug", "release"];

/// Numbers with the least and the most that makes sense. Beyond that the server would not start, or not hold a poll.
const NUMBERS: [(&str, u128, u128); 16] = [
    ("workers", 1, 1024),
    ("max_blocking", 1, 100_000),
    ("shutdown.grace", 0, 86_400),
    ("shutdown.mercy", 0, 86_400),
    ("databases.chat.max_connections", 1, 10_000),
    ("databases.chat.min_connections", 0, 10_000),
    ("databases.chat.connect_timeout", 1, 3600),
    ("databases.chat.idle_timeout", 1, 86_400),
    ("chat.latest_messages", 0, 100),
    ("chat.poll_wait", 0, 86_400),
    ("chat.poll_wait_max", 1, 86_400),
    ("chat.token_days", 1, 36_500),
    ("chat.guest_days", 0, 36_500),
    ("chat.polls_per_session", 1, 1_000_000),
    ("chat.tail_mebibytes", 0, 1_048_576),
    ("chat.log_file_mebibytes", 0, 1_048_576),
];

/// Checks where settings come from, that each is known, and that numbers are within bounds.
///
/// # Errors
/// With one line that names the setting and, if it is misspelt, what was probably meant.
pub(crate) fn check(figment: &Figment) -> Result<(), Box<Error>> {
    check_environment()?;
    let known = Known::new();
    check_file(&known, figment.profile())?;
    for dict in figment.data()?.values() {
        known.check(&[], dict, &known.tree)?;
    }
    let limits = |figment: &Figment| figment.extract_inner::<Limits>("limits").ok();
    if limits(figment) != limits(&built_in()) {
        return refuse(format!(
            "{} has no effect: how long a body may be is fixed, and rate limits are below [default.chat.limits]",
            shown("limits")
        ));
    }
    let header = figment.extract_inner::<String>("ip_header").unwrap_or_default();
    if header.eq_ignore_ascii_case("forwarded") {
        return refuse(format!(
            "{} is {header:?}, which linger does not read: have the proxy set X-Forwarded-For or X-Real-IP",
            shown("ip_header")
        ));
    }
    for (path, least, most) in NUMBERS {
        // In the settings file every number is a signed one.
        let number = figment.find_value(path).ok().and_then(|value| value.to_num()?.to_u128_lossy());
        if number.is_some_and(|number| !(least..=most).contains(&number)) {
            return refuse(format!("{} must be between {least} and {most}", shown(path)));
        }
    }
    let connections = |which| figment.extract_inner::<u64>(&format!("databases.chat.{which}_connections")).ok();
    if connections("min") > connections("max") {
        return refuse("databases.chat.min_connections must not exceed databases.chat.max_connections".to_owned());
    }
    Ok(())
}

/// Checks that a header which names users is one, and that a proxy may send it.
///
/// # Errors
/// With one line that names the setting.
pub(super) fn check_identity(header: &str, proxies: &Proxies) -> Result<(), Box<Error>> {
    if header.is_empty() {
        return Ok(());
    }
    if !header.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return refuse(format!("chat.identity_header is {header:?}, which is no name of a header"));
    }
    if proxies.is_empty() {
        return refuse("chat.identity_header needs chat.trusted_proxies, the proxies that may send it".to_owned());
    }
    Ok(())
}

/// Returns the file that the address of a SQLite database names.
pub(super) fn sqlite_file(url: &str) -> Option<String> {
    let rest = url.strip_prefix("sqlite:")?;
    let path = rest.strip_prefix("//").unwrap_or(rest).split('?').next()?;
    let path = RawStr::new(path).percent_decode().ok()?;
    Some(path.into_owned()).filter(|path| !path.is_empty())
}

/// Checks that the log is not written into the signing key or into a SQLite database.
///
/// # Errors
/// With one line that names the setting.
pub(super) fn check_log_file(log: &Path, key: &Path, database: &str) -> Result<(), Box<Error>> {
    let place = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_default();
    let files = sqlite_file(database)
        .into_iter()
        .flat_map(|path| ["", "-wal", "-shm", ".lock"].map(|end| format!("{path}{end}")));
    let mut taken = files.map(PathBuf::from).chain([key.to_owned()]);
    match taken.find(|taken| !log.as_os_str().is_empty() && place(taken) == place(log)) {
        Some(taken) => refuse(format!("chat.log_file is {}, which is no log", taken.display())),
        None => Ok(()),
    }
}

fn refuse(reason: String) -> Result<(), Box<Error>> {
    Err(Box::new(Error::from(reason)))
}

/// Checks that the variables are UTF-8. Another one would be read as a different text, such as the path of another
/// database, or count as absent.
fn check_environment() -> Result<(), Box<Error>> {
    for (name, value) in env::vars_os() {
        let name = name.to_string_lossy().to_uppercase();
        if (name.starts_with("ROCKET_") || name == "DATABASE_URL") && value.to_str().is_none() {
            return refuse(format!("{name} is not UTF-8"));
        }
    }
    Ok(())
}

/// Checks that the settings file exists if it is named, that its top level has only profiles, and that it has the
/// selected one.
fn check_file(known: &Known, selected: &Profile) -> Result<(), Box<Error>> {
    let named = env::var(CONFIG).ok();
    if let Some(path) = named.as_deref().filter(|path| !exists(Path::new(path))) {
        return refuse(format!("{CONFIG} names {path:?}, which is not there"));
    }
    let path = named.as_deref().unwrap_or(DEFAULT_FILE);
    let file = match Toml::file(path).data() {
        Ok(file) => file,
        Err(error) => {
            // The parser quotes the line below its first one, and a line may hold a password.
            let reason = error.to_string().lines().next().unwrap_or_default().to_owned();
            return refuse(format!("{path} cannot be read: {reason}"));
        }
    };
    for (name, value) in file.values().flatten() {
        let is_profile = name == "global" || USUAL_PROFILES.contains(&name.as_str()) || **selected == **name;
        if is_profile && value.as_dict().is_some() {
            continue;
        }
        if value.as_dict().is_none() {
            let hint = match known.suggest(&[], name) {
                Some(meant) if meant == name => "it belongs below [default]".to_owned(),
                Some(meant) => format!("did you mean {meant}, below [default]?"),
                None => "settings are below [default]".to_owned(),
            };
            return refuse(format!("{name} is above every table of the settings file: {hint}"));
        }
        if let Some(meant) = known.find_table(name, value) {
            return refuse(format!("[{name}] is no profile of the settings file: did you mean [default.{meant}]?"));
        }
        if let Some(meant) = nearest(name, ["default", "global"]) {
            return refuse(format!("[{name}] is no profile in use: did you mean [{meant}]?"));
        }
    }
    let mut profiles: Vec<&str> = file.values().flat_map(|tables| tables.keys()).map(String::as_str).collect();
    profiles.extend(USUAL_PROFILES);
    if selected.is_empty() || profiles.iter().any(|profile| **selected == **profile) {
        return Ok(());
    }
    let hint = match nearest(&selected.to_string(), profiles) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("its settings would be below [{selected}]"),
    };
    refuse(format!("ROCKET_PROFILE is {:?}, but {path} has no such table: {hint}", selected.to_string()))
}

/// Returns whether figment finds the file: a relative path may start at any folder above the working directory.
fn exists(path: &Path) -> bool {
    let folders = env::current_dir().unwrap_or_default();
    path.is_file() || path.is_relative() && folders.ancestors().any(|folder| folder.join(path).is_file())
}

/// Every known setting.
struct Known {
    /// In tables, as in the settings file.
    tree: Dict,
    /// As paths with dots, tables included.
    paths: Vec<String>,
}

impl Known {
    fn new() -> Self {
        let with = |figment: Figment, path: &&str| figment.merge(Serialized::default(path, ""));
        let all = WITHOUT_DEFAULT.iter().fold(built_in(), with);
        let tree = all.data().unwrap_or_default().remove(&Profile::Default).unwrap_or_default();
        let mut paths = Vec::new();
        list(&tree, "", &mut paths);
        Self { tree, paths }
    }

    fn check(&self, above: &[&str], settings: &Dict, known: &Dict) -> Result<(), Box<Error>> {
        for (name, value) in settings {
            let path = [above, &[name.as_str()]].concat();
            match (known.get(name), value) {
                (None, _) => return refuse(self.unknown(above, name)),
                (Some(Value::Dict(_, known)), Value::Dict(_, value)) => self.check(&path, value, known)?,
                // A value of the wrong type is refused where it is read.
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns the path of the table of this name that knows most of these settings. Returns `None` if there is none.
    fn find_table(&self, name: &str, settings: &Value) -> Option<&str> {
        let settings = settings.as_dict()?;
        let tables = self.paths.iter().filter(|path| path.rsplit('.').next() == Some(name));
        let known = |path: &str| {
            let table = path.split('.').try_fold(&self.tree, |tree, name| tree.get(name)?.as_dict())?;
            Some(settings.keys().filter(|name| table.contains_key(*name)).count())
        };
        let known = tables.filter_map(|path| Some((path.as_str(), known(path)?)));
        // The first of those that know as many.
        known.rev().max_by_key(|(_, count)| *count).map(|(path, _)| path)
    }

    fn unknown(&self, above: &[&str], name: &str) -> String {
        let path = [above, &[name]].concat().join(".");
        let hint = match (name, self.suggest(above, name)) {
            ("tls", _) => " linger speaks plain HTTP, so put a reverse proxy that terminates TLS in front".to_owned(),
            (_, Some(meant)) if shown(&path) == path => format!(" did you mean {meant}?"),
            (_, Some(meant)) => format!(" did you mean {}?", variable(meant)),
            _ => " Rocket.toml of the sources lists all settings".to_owned(),
        };
        format!("there is no setting {}:{hint}", shown(&path))
    }

    /// Returns the path that was probably meant: one that is like the written one, or has the same name in another
    /// table. Returns `None` if no setting is like it.
    fn suggest(&self, above: &[&str], name: &str) -> Option<&str> {
        let written = [above, &[name]].concat().join(".");
        let is_above = |path: &str| written.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        let paths = || self.paths.iter().map(String::as_str);
        let elsewhere = || paths().find(|path| path.rsplit('.').next() == Some(name));
        nearest(&written, paths().filter(|path| !is_above(path))).or_else(elsewhere)
    }
}

fn list(tree: &Dict, above: &str, paths: &mut Vec<String>) {
    for (name, value) in tree {
        let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
        if let Some(tree) = value.as_dict() {
            list(tree, &path, paths);
        }
        paths.push(path);
    }
}

fn variable(path: &str) -> String {
    format!("ROCKET_{}", path.replace('.', "__").to_uppercase())
}

/// Returns the path as it was written: the name of the variable if the setting comes from the environment.
fn shown(path: &str) -> String {
    let variable = variable(path);
    let is_it = |name: &str| {
        let rest = name.to_uppercase();
        rest.strip_prefix(&variable).is_some_and(|rest| rest.is_empty() || rest.starts_with("__"))
    };
    let set = env::vars_os().filter_map(|(name, _)| name.into_string().ok()).find(|name| is_it(name));
    set.unwrap_or_else(|| path.to_owned())
}
