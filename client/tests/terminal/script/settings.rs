//! The sources of settings, their order, and what `config show` says about them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::harness::{Home, Server};

/// Returns each setting with its value and source.
fn shown(home: &Home, arguments: &[&str]) -> BTreeMap<String, (String, String)> {
    let rows = home.run(&[&["config", "show", "--json"], arguments].concat()).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    let settings = rows.iter().filter(|row| row["setting"].is_string());
    settings.map(|row| (text(&row["setting"]), (text(&row["value"]), text(&row["from"])))).collect()
}

fn of(settings: &BTreeMap<String, (String, String)>, key: &str) -> (String, String) {
    settings[key].clone()
}

fn said(value: &str, by: &str) -> (String, String) {
    (value.to_owned(), by.to_owned())
}

#[test]
fn a_variable_that_cannot_be_meant_is_named_and_not_ignored() {
    let home = Home::new();
    for name in ["LINGER_SERVER", "LINGER_USER", "LINGER_TOKEN", "LINGER_PROFILE", "LINGER_CA_FILE"] {
        let output = home.command(&["whoami"]).env(name, OsStr::from_bytes(b"\xff")).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), &*said), (Some(2), &*format!("linger: {name} is not UTF-8\n")));
    }
    for token in ["a b", "a\rb", "\u{e9}", " "] {
        let said = Home::new().with("LINGER_TOKEN", token).run(&["whoami"]).fails(2);
        assert!(said.contains("LINGER_TOKEN is no token"), "{said}");
    }
    let server = Server::start();
    let token = Home::of_account(&server, "alice").token("alice");
    let read_from_a_file = Home::at(&server).with("LINGER_TOKEN", &format!("{token}\r\n"));
    assert_eq!(read_from_a_file.run(&["whoami"]).ok(), "alice\n");
}

#[test]
fn a_flag_overrides_the_environment_which_overrides_the_file() {
    let mut home = Home::new();
    assert_eq!(of(&shown(&home, &[]), "server"), said("http://127.0.0.1:8000", "built in"));
    assert_eq!(of(&shown(&home, &[]), "user"), said("-", "-"));

    let file = home.configure("server = 'http://file.example/'\nuser = 'filer'\nroom = 'lobby'\n");
    let file = file.display().to_string();
    let settings = shown(&home, &[]);
    assert_eq!(of(&settings, "server"), said("http://file.example/", &file));
    assert_eq!(of(&settings, "room"), said("lobby", &file));
    assert_eq!(of(&settings, "color"), said("auto", "built in"));

    home.set("LINGER_SERVER", "http://variable.example");
    home.set("LINGER_USER", "007");
    home.set("LINGER_TOKEN", "");
    let settings = shown(&home, &[]);
    assert_eq!(of(&settings, "server"), said("http://variable.example", "LINGER_SERVER"));
    assert_eq!(of(&settings, "user"), said("007", "LINGER_USER"));
    assert_eq!(of(&settings, "token"), said("-", "-"), "an empty variable counts as unset");

    let settings = shown(&home, &["--server", "http://flag.example", "--color", "always"]);
    assert_eq!(of(&settings, "server"), said("http://flag.example", "--server"));
    assert_eq!(of(&settings, "color"), said("always", "--color"));
    assert_eq!(of(&settings, "user"), said("007", "LINGER_USER"), "each setting is overridden separately");
}

#[test]
fn no_color_overrides_the_file_and_a_flag_overrides_no_color() {
    let home = Home::new().with("NO_COLOR", "1");
    home.configure("color = 'always'\n");
    assert_eq!(of(&shown(&home, &[]), "color"), said("never", "NO_COLOR"));
    assert_eq!(of(&shown(&home, &["--color", "always"]), "color"), said("always", "--color"));
}

#[test]
fn a_profile_overrides_the_top_level_of_the_file() {
    let mut home = Home::new();
    let toml = "user = 'me'\ncolor = 'never'\n[profiles.work]\nserver = 'https://work.example'\nuser = 'me-at-work'\n";
    home.configure(toml);
    let settings = shown(&home, &["--profile", "work"]);
    assert_eq!(of(&settings, "profile"), said("work", "--profile"));
    assert_eq!((of(&settings, "user").0.as_str(), of(&settings, "color").0.as_str()), ("me-at-work", "never"));
    assert_eq!(of(&shown(&home, &[]), "user").0, "me");
    home.set("LINGER_PROFILE", "work");
    assert_eq!(of(&shown(&home, &[]), "server").0, "https://work.example");
    assert_eq!(of(&shown(&home, &["--profile", "default"]), "user").0, "me");

    let mut home = Home::new();
    home.configure(&format!("profile = 'work'\n{toml}"));
    assert_eq!(of(&shown(&home, &[]), "user").0, "me-at-work");
    home.set("LINGER_USER", "other");
    assert_eq!(of(&shown(&home, &[]), "user").0, "other", "the environment overrides a profile");
}

#[test]
fn an_unknown_or_invalid_setting_is_rejected_with_its_location() {
    let home = Home::new();
    for (toml, place) in [
        ("sever = 'x'", "sever"),
        ("[profiles.work]\ncolour = 'never'", "profiles.work.colour"),
        ("token = 'secret'", "token"),
        ("server = 'localhost:8000'", "server"),
        ("color = 'green'", "color"),
        ("user = 7", "user"),
        ("profiles = 7", "profiles"),
        ("profiles.work = 7", "profiles.work"),
        ("profile = 'nope'", "profiles"),
        ("user =", "line 1"),
    ] {
        let file = home.configure(toml).display().to_string();
        let said = home.run(&["config", "show"]).fails(2);
        assert!(said.contains(&file) && said.contains(place), "{toml}: {said}");
        assert!(!said.contains("secret"), "{said}");
    }
    home.configure("");
    let said = Home::new().with("LINGER_SERVER", "localhost").run(&["rooms"]).fails(2);
    assert!(said.contains("LINGER_SERVER"), "{said}");
}

#[test]
fn a_token_is_not_shown() {
    let home = Home::new().with("LINGER_TOKEN", "very.secret.indeed");
    for arguments in [&["config", "show"][..], &["config", "show", "--json"]] {
        let out = home.run(arguments).ok();
        assert!(out.contains("LINGER_TOKEN") && !out.contains("secret"), "{out}");
    }
}

#[test]
fn send_uses_the_room_in_the_file() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    alice.configure("room = 'nowhere'\n");
    assert!(alice.run(&["send", "hi"]).fails(5).contains("#nowhere"));
    alice.run(&["send", "--room", "general", "hi"]).ok();
}

#[test]
fn verbose_logs_calls_and_hides_the_token() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    let ran = alice.run(&["-v", "whoami"]);
    assert!(ran.err.contains(&format!("GET {}/status: 200 OK", server.url())), "{ran:?}");
    assert!(!ran.err.contains(&alice.token("alice")));
    assert_eq!(alice.run(&["whoami"]).err, "");
}

#[test]
fn settings_are_written_and_the_rest_of_the_file_stays() {
    let home = Home::new();
    let file = home.path().join(".config/linger/config.toml");
    assert_eq!(home.run(&["config", "path"]).ok(), format!("{}\n", file.display()));
    let ran = home.run(&["config", "set", "server", "https://chat.example"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.err.contains(&format!("server is https://chat.example now, in {}", file.display())), "{ran:?}");
    home.configure("# mine\nserver = 'https://chat.example'\n");
    home.run(&["config", "set", "bell", "false"]).ok();
    home.run(&["--profile", "work", "config", "set", "time", "12h"]).ok();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# mine\nserver = 'https://chat.example'\nbell = \"false\"\n"), "{text}");
    let settings = shown(&home, &["--profile", "work"]);
    assert_eq!((of(&settings, "bell").0, of(&settings, "time").0), ("off".to_owned(), "12h".to_owned()));
    assert_eq!(of(&shown(&home, &["--profile", "default"]), "time").0, "24h");
    home.run(&["config", "set", "profile", "work"]).ok();
    assert_eq!(of(&shown(&home, &[]), "time").0, "12h");
    home.run(&["config", "set", "time", "24"]).ok();
    // A file that is named relative to the current folder.
    let here = home.path().join("mine.pem");
    std::fs::write(&here, certificate()).unwrap();
    home.run(&["config", "set", "ca_file", "mine.pem"]).ok();
    assert_eq!(of(&shown(&home, &[]), "ca_file").0, here.display().to_string());
}

/// Returns a certificate in PEM format.
fn certificate() -> String {
    rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap().cert.pem()
}

#[test]
fn a_file_without_certificates_is_not_trusted() {
    let home = Home::new();
    let pem = certificate();
    let (begin, rest) = pem.split_once('\n').unwrap();
    for (text, why) in [
        (String::new(), "no certificate found"),
        ("not a certificate\n".to_owned(), "no certificate found"),
        (pem.replace("CERTIFICATE", "PRIVATE KEY"), "no certificate found"),
        (format!("{begin}\n?{rest}"), "not a file of certificates in PEM format"),
        (format!("{begin}\nAAAA\n-----END CERTIFICATE-----\n"), "its certificates cannot be read"),
    ] {
        std::fs::write(home.path().join("ca.pem"), &text).unwrap();
        let said = home.run(&["config", "set", "ca_file", "ca.pem"]).fails(2);
        assert!(said.starts_with("linger: ca_file: ca.pem: ") && said.contains(why), "{text}: {said}");
    }
    home.run(&["config", "set", "ca_file", "."]).fails(2);
    assert!(!home.path().join(".config/linger/config.toml").exists());
}

#[test]
fn a_setting_that_makes_no_sense_is_not_written() {
    let home = Home::new();
    for (key, value) in [
        ("sever", "http://a"),
        ("server", "a"),
        ("color", "green"),
        ("time", "13h"),
        ("bell", "loud"),
        ("palette", "17"),
        ("history", "maybe"),
        ("token", "secret"),
        ("profile", "nowhere"),
        ("ca_file", "no-such-file.pem"),
        ("user", "no body"),
        ("user", "@bob"),
        ("user", ""),
        ("user", &"x".repeat(33)),
        ("room", "Grüße"),
        ("room", "#"),
        ("notify", "no-such-program -a linger"),
        ("notify", "./no-such-file"),
        ("notify", "/etc/passwd"),
        ("notify", "tell 'me"),
    ] {
        let said = home.run(&["config", "set", key, value]).fails(2);
        assert!(said.contains(key) && !said.contains('`') || key == "profile", "{said}");
        assert!(!said.contains("variant"), "{said}");
        let is_rule = said.contains("A name is 1 to 32 of a-z, 0-9, - and _, and begins with a letter or a digit.");
        assert_eq!(is_rule, key == "user" || key == "room", "{said}");
    }
    assert!(!home.path().join(".config/linger/config.toml").exists());
    let said = home.run(&["--profile", "a.b", "config", "set", "bell", "off"]).fails(2);
    assert!(said.contains("the name of a profile has no dot"), "{said}");
    assert!(!home.path().join(".config/linger/config.toml").exists());
    for (key, value) in [("user", "Alice-9"), ("room", "#lobby"), ("room", "lobby")] {
        home.run(&["config", "set", key, value]).ok();
    }
    home.configure("[profiles.'a.b']\nbell = false\n");
    assert!(home.run(&["--profile", "a.b", "config", "show"]).fails(2).contains("has no dot"));
    // A file that cannot be used is mended.
    home.configure("color = 'green'\n");
    home.run(&["rooms"]).fails(2);
    home.run(&["config", "set", "color", "never"]).ok();
    assert_eq!(of(&shown(&home, &[]), "color").0, "never");
}

#[test]
fn every_setting_that_can_be_written_is_listed() {
    let home = Home::new();
    let keys: Vec<_> = shown(&home, &[]).into_keys().filter(|key| key != "token").collect();
    assert_eq!(keys.len(), 12);
    let refused = home.run(&["config", "set", "typo", "x"]).fails(2);
    let help = home.run(&["config", "set", "--help"]).ok();
    home.configure("typo = 1\n");
    let in_file = home.run(&["config", "show"]).fails(2);
    for said in [refused, help, in_file] {
        for key in &keys {
            assert!(said.contains(key), "{key}: {said}");
        }
        assert!(!said.contains("token"), "{said}");
    }
    home.configure("");
    let said = home.run(&["--profile", "work", "config", "set", "profile", "home"]).fails(2);
    assert!(said.contains("there is no setting named profile"), "{said}");
}

#[test]
fn a_program_that_notifies_exists_and_its_path_may_have_spaces() {
    let home = Home::new().with("PATH", "/usr/bin:/bin");
    home.run(&["config", "set", "notify", "echo -n"]).ok();
    assert_eq!(of(&shown(&home, &[]), "notify").0, "echo -n");
    let folder = home.path().join("my tools");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy("/bin/true", folder.join("tell")).unwrap();
    let path = folder.join("tell").display().to_string();
    for written in
        [format!("'{path}' -a"), format!("{} -a", path.replace(' ', r"\ ")), "'./my tools/tell' -a".to_owned()]
    {
        home.run(&["config", "set", "notify", &written]).ok();
        assert_eq!(of(&shown(&home, &[]), "notify").0, format!("'{path}' -a"), "{written}");
    }
    assert!(home.run(&["config", "set", "notify", &format!("{path} -a")]).fails(2).contains("No such file"));
    home.configure("notify = \"tell 'me\"\n");
    assert!(home.run(&["config", "show"]).fails(2).contains("notify: a quote is not closed"));
}

#[test]
fn switches_are_on_or_true_and_off_or_false() {
    for (written, is_on) in [("'on'", "on"), ("true", "on"), ("'True'", "on"), ("'off'", "off"), ("false", "off")] {
        let home = Home::new();
        home.configure(&format!("bell = {written}\nhistory = {written}\ntitle = {written}\nnotify = {written}\n"));
        let settings = shown(&home, &[]);
        for key in ["bell", "history", "title"] {
            assert_eq!(of(&settings, key).0, is_on, "{key} = {written}");
        }
    }
}

#[test]
fn the_kept_sign_ins_are_listed_without_their_tokens() {
    let (one, other) = (Server::start(), Server::start());
    let mut home = Home::of_account(&one, "alice");
    home.run(&["login", "--guest", "--user", "visitor"]).ok();
    home.set("LINGER_SERVER", &other.url());
    home.run(&["login", "--guest", "--user", "bob"]).ok();
    let listed = home.run(&["accounts", "--json"]).json();
    assert_eq!(listed.len(), 3, "{listed:?}");
    let alice = listed.iter().find(|row| row["user"] == "alice").unwrap();
    assert_eq!((alice["server"].as_str(), alice["guest"].as_bool()), (Some(one.url().as_str()), Some(false)));
    assert_eq!((alice["profile"].as_str(), alice["current"].as_bool()), (Some("default"), Some(true)));
    assert!(alice["expires_at"].as_str().is_some_and(|at| at.starts_with("20")), "{alice}");
    let words = home.run(&["accounts"]).ok();
    let row = words.lines().find(|row| row.contains("bob (a guest)")).unwrap();
    assert!(row.contains(&other.url()) && row.contains(" until 20"), "{words}");
    assert!(!words.contains(&home.token("alice")));
}
