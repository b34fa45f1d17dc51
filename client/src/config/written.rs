//! Changes to the settings file, which leave everything else in it as it is. Knows no settings.

use toml_edit::{DocumentMut, Item, Table, value};

/// Sets a key at the top level of a file's text, or in a profile. Returns the new text.
///
/// # Errors
///
/// The reason why the text cannot be read.
pub(super) fn set(text: &str, profile: Option<&str>, key: &str, new: &str) -> Result<String, String> {
    let mut document = parse(text)?;
    let mut table: &mut Table = document.as_table_mut();
    for part in profile.into_iter().flat_map(|profile| ["profiles", profile]) {
        let inner = table.entry(part).or_insert_with(|| {
            let mut inner = Table::new();
            // Its heading names the whole path.
            inner.set_implicit(part == "profiles");
            Item::Table(inner)
        });
        table = inner.as_table_mut().ok_or_else(|| format!("{part} is not a table"))?;
    }
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = new.into();
            *old.decor_mut() = decor;
        }
        None => drop(table.insert(key, value(new))),
    }
    Ok(document.to_string())
}

/// Returns whether a file's text has a profile.
///
/// # Errors
///
/// The reason why the text cannot be read.
pub(super) fn has_profile(text: &str, profile: &str) -> Result<bool, String> {
    let document = parse(text)?;
    Ok(document.get("profiles").and_then(|profiles| profiles.get(profile)).is_some())
}

/// Returns the names of the profiles in a file's text, and none if the text cannot be read.
pub(super) fn profiles(text: &str) -> Vec<String> {
    let document = parse(text).unwrap_or_default();
    let profiles = document.get("profiles").and_then(Item::as_table_like);
    profiles.map(|profiles| profiles.iter().map(|(name, _)| name.to_owned()).collect()).unwrap_or_default()
}

fn parse(text: &str) -> Result<DocumentMut, String> {
    text.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_value_changes() {
        let text = "# mine\nserver = 'http://a' # the old one\n\n[profiles.work]\nuser = \"me\"\n";
        let changed = set(text, None, "server", "http://b").unwrap();
        assert_eq!(changed, text.replace("'http://a'", "\"http://b\""));
        let changed = set(text, None, "bell", "off").unwrap();
        assert_eq!(changed, text.replace("the old one\n", "the old one\nbell = \"off\"\n"));
        let changed = set(text, Some("work"), "user", "you \"and\" I").unwrap();
        assert_eq!(changed, text.replace("\"me\"", "'you \"and\" I'"));
    }

    #[test]
    fn a_new_profile_gets_a_table() {
        let made = set("", Some("home"), "user", "me").unwrap();
        assert_eq!(made, "[profiles.home]\nuser = \"me\"\n");
        assert_eq!((profiles(&made), profiles("profiles = 7")), (vec!["home".to_owned()], vec![]));
        assert!(set("user =", None, "user", "me").is_err());
        assert!(set("profiles = 7", Some("home"), "user", "me").is_err());
    }
}
