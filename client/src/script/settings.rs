//! `config show`: each setting with its value and source. Knows no values' meaning.

use serde_json::json;

use crate::config::Config;
use crate::display::Output;
use crate::domain::Failure;
use crate::files;

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
