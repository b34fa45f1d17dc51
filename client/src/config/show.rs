//! The settings as a table: each with its value and who says it. Knows no values' meaning but that of a secret.

use figment::value::Value;
use serde_json::json;

use super::{Config, layers};
use crate::failure::Failure;
use crate::place;
use crate::script::Output;

/// In the order in which one looks for them.
const KEYS: [&str; 7] = ["profile", "server", "user", "room", "color", "ca_file", "token"];

impl Config {
    /// Prints them.
    pub fn show(&self, output: &mut Output) -> Result<(), Failure> {
        for key in KEYS {
            let value = self.layers.find_value(key).ok().map(|value| shown(key, value));
            let by = self.layers.find_metadata(key).map(layers::said_by);
            output.json_or(&json!({ "setting": key, "value": value, "from": by }), || match (&value, &by) {
                (Some(value), Some(by)) => format!("{key:<8} {value:<32} {by}"),
                _ => format!("{key:<8} {:<32} not set", "-"),
            })?;
        }
        let is_there = |there: bool| if there { "" } else { " (not there)" };
        let files = [("settings", self.file.clone()), ("state", place::state_folder())];
        for (name, path) in files.into_iter().filter_map(|(name, path)| Some((name, path?))) {
            let object = json!({ "path": name, "value": path, "exists": path.exists() });
            output.json_or(&object, || format!("{name:<8} {}{}", path.display(), is_there(path.exists())))?;
        }
        Ok(())
    }
}

fn shown(key: &str, value: Value) -> String {
    match key {
        "token" => "(not shown)".to_owned(),
        _ => value.into_string().unwrap_or_default(),
    }
}
