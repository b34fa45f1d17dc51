//! The containers, without Docker: what docker-compose.yml lets each of them do, and what their settings need.

use std::collections::BTreeMap;

use super::documents::document;

/// The settings of one container whose value is on their line.
type Settings = BTreeMap<String, String>;

/// Returns the lines of a file that say something, without comments.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
}

/// Reads the containers, with what they take over from blocks of the file that have an anchor.
fn containers(compose: &str) -> BTreeMap<String, Settings> {
    let (mut section, mut name, mut depth_of_keys) = ("", "", 0);
    let (mut anchors, mut containers) = (BTreeMap::<&str, Settings>::new(), BTreeMap::<&str, Settings>::new());
    for line in lines(compose) {
        let depth = line.len() - line.trim_start().len();
        let (key, value) = line.trim().split_once(':').map_or((line.trim(), ""), |(key, value)| (key, value.trim()));
        match (depth, value.strip_prefix('&')) {
            (0, anchor) => (section, name, depth_of_keys) = (key, anchor.unwrap_or_default(), 2),
            (2, _) if section == "services" => (name, depth_of_keys) = (key, 4),
            _ if depth == depth_of_keys && !name.is_empty() => {
                let taken = value.strip_prefix('*').filter(|_| key == "<<");
                let taken = taken.map(|anchor| anchors[anchor].clone()).unwrap_or_default();
                let settings = if section == "services" { &mut containers } else { &mut anchors };
                let settings = settings.entry(name).or_default();
                for (key, value) in taken {
                    settings.entry(key).or_insert(value);
                }
                settings.insert(key.to_owned(), value.to_owned());
            }
            _ => {}
        }
    }
    containers.into_iter().map(|(name, settings)| (name.to_owned(), settings)).collect()
}

#[test]
fn a_container_may_do_no_more_than_it_needs() {
    let compose = document("docker-compose.yml");
    let containers = containers(&compose);
    let names: Vec<_> = containers.keys().map(String::as_str).collect();
    assert_eq!(names, ["database", "proxy", "secrets", "server", "single"]);
    for (name, settings) in &containers {
        let is = |key: &str, value: &str| settings.get(key).is_some_and(|is| is == value);
        assert!(is("read_only", "true"), "{name} writes to its own file system");
        assert!(is("cap_drop", "[ALL]"), "{name} has Docker's default capabilities");
        assert!(is("security_opt", r#"["no-new-privileges:true"]"#), "{name} may gain privileges");
        // It generates the password, and gives each file to the user who reads it.
        let added = settings.get("cap_add").map(String::as_str);
        assert_eq!(added, (name == "secrets").then_some("[CHOWN]"), "{name} has further capabilities");
        for key in ["privileged", "devices", "pid", "ipc", "userns_mode"] {
            assert!(!settings.contains_key(key), "{name} has {key}");
        }
    }
}

/// Docker refuses to start a container whose limit is above the host's, with an error that does not say so.
#[test]
fn no_container_sets_its_limit_on_open_files() {
    for name in ["docker-compose.yml", "Dockerfile"] {
        let text = document(name);
        let set: Vec<_> = lines(&text).filter(|line| line.contains("ulimit") || line.contains("nofile")).collect();
        assert!(set.is_empty(), "{name}: {set:?}");
    }
}

#[test]
fn the_proxys_image_knows_what_its_settings_name() {
    let settings = document("deploy/haproxy.cfg");
    if !lines(&settings).any(|line| line.split_whitespace().any(|word| word == "hash-key")) {
        return;
    }
    let image = containers(&document("docker-compose.yml"))["proxy"]["image"].clone();
    let tag = image.strip_prefix("haproxy:").expect("the image of HAProxy");
    let version: Vec<u32> = tag.split(['.', '-']).map_while(|part| part.parse().ok()).collect();
    assert!(version >= vec![3, 0], "{image} may not know hash-key");
    assert!(document("docs/operations.md").contains("It needs HAProxy 3.0 or newer, for `hash-key`."));
}
