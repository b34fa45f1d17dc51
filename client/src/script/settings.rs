//! `config` and `accounts`: each setting with its value and source, and the sign-ins that are kept. Knows no values'
//! meaning.

use serde_json::json;

use crate::cli::{ConfigCommand, Flags};
use crate::config::{self, Config};
use crate::display::{Output, local_time};
use crate::domain::{Failure, visible};
use crate::sign_in::Credentials;
use crate::{files, terminal};

/// Carries out a command about the settings file. It may not be readable: the command may be to mend it. Returns `None`
/// if the command needs the settings themselves.
pub(super) fn in_file(command: &ConfigCommand, flags: &Flags) -> Option<Result<(), Failure>> {
    match command {
        ConfigCommand::Show => None,
        ConfigCommand::Set { key, value } => Some(config::set(flags.profile.as_deref(), key, value).map(|path| {
            terminal::print_notice(&format!("{key} is {value} now, in {}.", path.display()));
        })),
        ConfigCommand::Path => Some(match files::config_file() {
            Some(path) => Output::new(flags.json, crate::display::Color::Never)
                .json_or(&json!({ "path": "settings", "value": path, "exists": path.exists() }), || {
                    path.display().to_string()
                }),
            None => Err(Failure::Terminal("there is no home folder for a settings file".to_owned())),
        }),
    }
}

/// Lists the sign-ins that are kept, under every profile and at every server.
pub(super) fn accounts(output: &mut Output) -> Result<(), Failure> {
    for kept in Credentials::all()? {
        let object = json!({
            "server": kept.server, "user": kept.user, "guest": kept.is_guest, "profile": kept.profile,
            "current": kept.is_current, "expires_at": kept.expires_at,
        });
        output.json_or(&object, || {
            let guest = if kept.is_guest { " (a guest)" } else { "" };
            let current = if kept.is_current { "*" } else { " " };
            let until = kept.expires_at.as_deref().map_or_else(|| "not told".to_owned(), local_time);
            let user = format!("{}{guest}", visible(&kept.user));
            format!("{current} {user:<24} {:<32} {:<10} until {until}", visible(&kept.server), visible(&kept.profile))
        })?;
    }
    Ok(())
}

/// Prints the settings, and the location of the client's files.
pub(super) fn show(config: &Config, output: &mut Output) -> Result<(), Failure> {
    for (key, value, by) in config.values() {
        output.json_or(&json!({ "setting": key, "value": value, "from": by }), || match (&value, &by) {
            (Some(value), Some(by)) => format!("{key:<8} {value:<32} {by}"),
            _ => format!("{key:<8} {:<32} not set", "-"),
        })?;
    }
    let is_there = |there: bool| if there { "" } else { " (missing)" };
    let files = [("settings", config.file.clone()), ("state", files::state_folder())];
    for (name, path) in files.into_iter().filter_map(|(name, path)| Some((name, path?))) {
        let object = json!({ "path": name, "value": path, "exists": path.exists() });
        output.json_or(&object, || format!("{name:<8} {}{}", path.display(), is_there(path.exists())))?;
    }
    Ok(())
}
