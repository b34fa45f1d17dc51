//! Settings that are refused: unknown, misspelt, out of place, or impossible. Each stops the server from
//! starting, with one line that names it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::{DEADLINE, TestServer, assert_refused, lingerd};

async fn refused(folder: &Path, environment: &[(&str, &str)], reasons: &[&str]) {
    let output = lingerd(folder, &["--port", "0"], environment).await;
    for reason in reasons {
        assert_refused(&output, reason);
    }
    assert!(!String::from_utf8_lossy(&output.stderr).contains("secret"), "no value is quoted: {environment:?}");
    assert!(!folder.join("var").exists(), "nothing was created: {environment:?}");
}

#[tokio::test]
async fn an_unknown_variable_is_named_with_what_was_probably_meant() {
    let folder = tempfile::tempdir().unwrap();
    for (name, meant) in [
        ("ROCKET_ADRESS", "did you mean ROCKET_ADDRESS?"),
        ("ROCKET_CHAT__POL_WAIT", "did you mean ROCKET_CHAT__POLL_WAIT?"),
        ("ROCKET_CHAT_POLL_WAIT", "did you mean ROCKET_CHAT__POLL_WAIT?"),
        ("ROCKET_POLL_WAIT", "did you mean ROCKET_CHAT__POLL_WAIT?"),
        ("ROCKET_CHAT__SENDS_PER_MINUTE", "did you mean ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE?"),
        ("ROCKET_DATABASES__CHAT__URI", "did you mean ROCKET_DATABASES__CHAT__URL?"),
        ("ROCKET_DATABASES__CHATS__URL", "did you mean ROCKET_DATABASES__CHAT?"),
        ("ROCKET_SHUTDOWN__GRACES", "did you mean ROCKET_SHUTDOWN__GRACE?"),
        ("ROCKET_LIMITS__ROOMS_PER_USER", "did you mean ROCKET_CHAT__LIMITS__ROOMS_PER_USER?"),
        ("ROCKET_TLS__CERTS", "reverse proxy"),
        ("ROCKET_FROBNICATE", "lists all settings"),
    ] {
        let said = name.split("__").next().unwrap();
        refused(folder.path(), &[(name, "1")], &[said, meant]).await;
    }
}

#[tokio::test]
async fn a_setting_of_the_wrong_type_is_named_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in [("ROCKET_CHAT__POLL_WAIT", "abc"), ("ROCKET_CHAT__ALLOWED_HOSTS", "8080")] {
        refused(folder.path(), &[(name, value)], &[&name["ROCKET_".len()..].replace("__", ".")]).await;
    }
    let file = folder.path().join("Rocket.toml");
    fs::write(&file, "[default.chat.limits]\nsends_per_minute = -5\n").unwrap();
    refused(folder.path(), &[], &["chat.limits.sends_per_minute"]).await;
}

#[tokio::test]
async fn a_variable_that_is_not_utf_8_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["ROCKET_CONFIG", "ROCKET_CHAT__NAME", "DATABASE_URL"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lingerd"));
        command.current_dir(folder.path()).env_clear().env(name, OsStr::from_bytes(b"sqlite:\xe9.db"));
        let output = command.args(["--port", "0"]).kill_on_drop(true).output();
        assert_refused(&timeout(DEADLINE, output).await.expect("it ends").unwrap(), &format!("{name} is not UTF-8"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was created");
    }
}

#[tokio::test]
async fn an_unknown_or_misplaced_setting_of_the_file_is_named() {
    for (file, reasons) in [
        ("[default]\nadress = \"127.0.0.1\"", ["adress", "did you mean address?"]),
        ("[default.databases.chat]\nuri = \"sqlite:x\"", ["databases.chat.uri", "did you mean databases.chat.url?"]),
        ("[default.chat]\npoll_wiat = 1", ["chat.poll_wiat", "did you mean chat.poll_wait?"]),
        ("[default.chat.limits]\nsends = 1", ["chat.limits.sends", "did you mean chat.limits.sends_per_minute?"]),
        ("[default]\npoll_wait = 1", ["poll_wait", "did you mean chat.poll_wait?"]),
        ("[default.tls]\ncerts = \"a\"\nkey = \"b\"", ["tls", "reverse proxy"]),
        ("[global]\nprot = 1", ["prot", "did you mean port?"]),
        ("[release.chat]\ntoken_day = 1", ["chat.token_day", "did you mean chat.token_days?"]),
        ("[chat]\npoll_wait = 1", ["[chat]", "did you mean [default.chat]?"]),
        ("[chat]\nurl = \"sqlite:x\"", ["[chat]", "did you mean [default.databases.chat]?"]),
        ("[limits]\nsends_per_minute = 1", ["[limits]", "did you mean [default.chat.limits]?"]),
        (
            "[default.limits]\nsends_per_minute = 1",
            ["limits.sends_per_minute", "did you mean chat.limits.sends_per_minute?"],
        ),
        ("[default.limits]\njson = \"1KiB\"", ["limits has no effect", "below [default.chat.limits]"]),
        ("[default]\nip_header = \"Forwarded\"", ["ip_header", "X-Forwarded-For or X-Real-IP"]),
        ("[default.chat]\nlog_file = \"var/signing.key\"", ["chat.log_file", "var/signing.key, which is no log"]),
        ("[default.chat]\nlog_file = \"./var/linger.db\"", ["chat.log_file", "which is no log"]),
        ("[default.chat]\nallowed_hosts = [\"*.example\"]", ["allowed_hosts", "list each name"]),
        ("[default.chat]\nallowed_hosts = [\".chat.example\"]", ["allowed_hosts", "list each name"]),
        ("[default.chat]\nallowed_origins = [\"https://*.example\"]", ["allowed_origins", "list each name"]),
        ("[defualt]\nport = 1", ["[defualt]", "did you mean [default]?"]),
        ("port = 1", ["port", "below [default]"]),
        ("adress = \"::1\"\n[default]\nport = 1", ["adress", "did you mean address, below [default]?"]),
        ("[default]\nport = secret", ["Rocket.toml cannot be read", "line 2"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Rocket.toml"), file).unwrap();
        refused(folder.path(), &[], &reasons).await;
    }
}

#[tokio::test]
async fn a_settings_file_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    refused(folder.path(), &[("ROCKET_CONFIG", "nowhere.toml")], &["ROCKET_CONFIG", "nowhere.toml"]).await;
    refused(folder.path(), &[("ROCKET_CONFIG", "/nowhere/a.toml")], &["ROCKET_CONFIG", "/nowhere/a.toml"]).await;
    let output = lingerd(folder.path(), &["healthcheck"], &[("ROCKET_CONFIG", "nowhere.toml")]).await;
    assert_refused(&output, "nowhere.toml");
}

#[tokio::test]
async fn a_profile_without_a_table_is_named() {
    let folder = tempfile::tempdir().unwrap();
    refused(folder.path(), &[("ROCKET_PROFILE", "prod")], &["ROCKET_PROFILE", "[prod]"]).await;
    fs::write(folder.path().join("Rocket.toml"), "[prod.chat]\npoll_wait = 1").unwrap();
    refused(folder.path(), &[("ROCKET_PROFILE", "prodction")], &["ROCKET_PROFILE", "did you mean prod?"]).await;
    refused(folder.path(), &[("ROCKET_PROFILE", "relaese")], &["ROCKET_PROFILE", "did you mean release?"]).await;
    // These get as far as another mistake.
    for profile in ["prod", "PROD", "release", "default", ""] {
        let environment = [("ROCKET_PROFILE", profile), ("ROCKET_WORKERS", "0")];
        refused(folder.path(), &environment, &["ROCKET_WORKERS"]).await;
    }
}

#[tokio::test]
async fn an_impossible_number_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in [
        ("ROCKET_DATABASES__CHAT__MAX_CONNECTIONS", "0"),
        ("ROCKET_DATABASES__CHAT__MAX_CONNECTIONS", "4000000000"),
        ("ROCKET_DATABASES__CHAT__MIN_CONNECTIONS", "5"),
        ("ROCKET_DATABASES__CHAT__CONNECT_TIMEOUT", "0"),
        ("ROCKET_DATABASES__CHAT__CONNECT_TIMEOUT", "18446744073709551615"),
        ("ROCKET_DATABASES__CHAT__IDLE_TIMEOUT", "0"),
        ("ROCKET_WORKERS", "0"),
        ("ROCKET_WORKERS", "1000000"),
        ("ROCKET_MAX_BLOCKING", "0"),
        ("ROCKET_SHUTDOWN__GRACE", "4294967295"),
        ("ROCKET_CHAT__POLL_WAIT", "18446744073709551615"),
        ("ROCKET_CHAT__POLL_WAIT_MAX", "0"),
        ("ROCKET_CHAT__POLL_WAIT_MAX", "18446744073709551615"),
        ("ROCKET_CHAT__TOKEN_DAYS", "0"),
        ("ROCKET_CHAT__TOKEN_DAYS", "4294967295"),
        ("ROCKET_CHAT__POLLS_PER_SESSION", "0"),
        ("ROCKET_CHAT__TAIL_MEBIBYTES", "18446744073709551615"),
        ("ROCKET_CHAT__LOG_FILE_MEBIBYTES", "9223372036854775807"),
        ("ROCKET_CHAT__LATEST_MESSAGES", "101"),
        ("ROCKET_CHAT__TRUSTED_PROXIES", "10.0.0.0/33"),
        ("ROCKET_CHAT__ALLOWED_HOSTS", "https://chat.example"),
        ("ROCKET_CHAT__ALLOWED_HOSTS", "chat.example, bücher.example"),
        ("ROCKET_CHAT__ALLOWED_ORIGINS", "chat.example"),
    ] {
        let setting = name.rsplit("__").next().unwrap().trim_start_matches("ROCKET_");
        refused(folder.path(), &[(name, value)], &[setting]).await;
    }
}

#[tokio::test]
async fn an_impossible_number_of_the_file_is_named() {
    for (table, setting) in [
        ("databases.chat", "max_connections = 0"),
        ("databases.chat", "connect_timeout = 0"),
        ("databases.chat", "min_connections = 5"),
        ("chat", "latest_messages = 101"),
        ("chat", "poll_wait = 99999999999"),
        ("chat", "poll_wait_max = 0"),
        ("chat", "token_days = -0"),
        ("chat", "polls_per_session = 0"),
        ("chat", "tail_mebibytes = 99999999999999"),
        ("chat", "log_file_mebibytes = 9223372036854775807"),
        ("shutdown", "grace = 86401"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Rocket.toml"), format!("[default.{table}]\n{setting}")).unwrap();
        let named = setting.split(' ').next().unwrap();
        refused(folder.path(), &[], &[named]).await;
    }
    let folder = tempfile::tempdir().unwrap();
    for setting in ["workers = 0", "max_blocking = 0"] {
        fs::write(folder.path().join("Rocket.toml"), format!("[default]\n{setting}")).unwrap();
        refused(folder.path(), &[], &[setting.split(' ').next().unwrap(), "must be between"]).await;
    }
}

#[tokio::test]
async fn settings_of_rocket_and_variables_of_its_tools_are_accepted() {
    let server = TestServer::start_with(&[
        ("ROCKET_LOG_LEVEL", "normal"),
        ("ROCKET_CLI_COLORS", "false"),
        ("ROCKET_PROFILE", "release"),
        ("ROCKET_CODEGEN_DEBUG", "1"),
        ("ROCKET_KEEP_ALIVE", "10"),
        ("ROCKET_LIMITS", "{json=\"1MiB\"}"),
        ("ROCKET_TEMP_DIR", "/tmp"),
        ("ROCKET_WORKERS", "2"),
        ("ROCKET_MAX_BLOCKING", "64"),
        ("ROCKET_SHUTDOWN__FORCE", "false"),
        ("ROCKET_SECRET_KEY", "hPRYyVRiMyxpw5sBB1XeCMN1kFsDCqKvBi2QJxBVHQk="),
        ("ROCKET_DATABASES__CHAT__IDLE_TIMEOUT", "60"),
        ("ROCKET_DATABASES__CHAT__MIN_CONNECTIONS", "1"),
    ])
    .await;
    server.guest("alice").await;
}
