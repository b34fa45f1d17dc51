//! Starting: sources of settings, refusals with one line of explanation, and `lingerd healthcheck`.

use std::os::unix::fs::PermissionsExt;

use crate::harness::{TestServer, assert_refused, lingerd};

#[tokio::test]
async fn a_second_process_on_the_same_database_is_refused() {
    let server = TestServer::start_on_sqlite().await;
    let output = lingerd(server.folder(), &["--port", "0"], &[]).await;
    assert_refused(&output, "another process serves var/linger.db");
    assert_eq!(server.guest("alice").await.name, "alice", "the first process is not affected");
}

#[tokio::test]
async fn a_port_in_use_is_refused() {
    let (server, other) = (TestServer::start().await, tempfile::tempdir().unwrap());
    let port = server.port().to_string();
    let output = lingerd(other.path(), &["--port", &port], &[]).await;
    assert_refused(&output, &format!("cannot listen on 127.0.0.1:{port}"));
}

#[tokio::test]
async fn a_bad_setting_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value, reason) in [
        ("ROCKET_ADDRESS", "nowhere", "address"),
        ("ROCKET_CHAT__POLL_WAIT", "-1", "poll_wait"),
        ("ROCKET_CHAT__POL_WAIT", "1", "pol_wait"),
        ("ROCKET_CHAT__LOG_FORMAT", "xml", "log_format"),
        ("DATABASE_URL", "mysql://root:secret@localhost/x", "mysql"),
        ("DATABASE_URL", "postgres://a:secret@127.0.0.1:1/x?sslmod=require", "did you mean sslmode?"),
        ("DATABASE_URL", "postgres://a@127.0.0.1:1/x?sslmode=no&password=secret", "not understood"),
        ("DATABASE_URL", "sqlite::memory:", ":memory:"),
        ("DATABASE_URL", "sqlite:/dev/null/x.db", "/dev/null"),
        ("ROCKET_CHAT__SIGNING_KEY_FILE", "/dev/null/key", "signing key"),
    ] {
        let output = lingerd(folder.path(), &["--port", "0"], &[(name, value)]).await;
        assert_refused(&output, reason);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("secret"), "no password is printed");
    }
}

#[tokio::test]
async fn a_damaged_database_or_key_is_refused() {
    for (file, reason) in [("var/linger.db", "database"), ("var/signing.key", "signing key")] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("var")).unwrap();
        std::fs::write(folder.path().join(file), "this is not what it should be".repeat(500)).unwrap();
        assert_refused(&lingerd(folder.path(), &["--port", "0"], &[]).await, reason);
    }
}

#[tokio::test]
async fn flags_override_the_environment_which_overrides_the_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Rocket.toml"), "[default]\nport = 1\n[default.chat]\npoll_wait = 7\n").unwrap();
    let healthcheck = async |arguments: &[&str], environment: &[(&str, &str)]| {
        let output = lingerd(folder.path(), &[&["healthcheck"], arguments].concat(), environment).await;
        String::from_utf8(output.stderr).unwrap()
    };
    // Nothing listens on these ports, and the healthcheck prints the address that it tried.
    assert!(healthcheck(&[], &[]).await.contains("127.0.0.1:1 is not healthy"));
    assert!(healthcheck(&[], &[("ROCKET_PORT", "2")]).await.contains("127.0.0.1:2 is not healthy"));
    assert!(healthcheck(&["--port", "3"], &[("ROCKET_PORT", "2")]).await.contains("127.0.0.1:3 is not healthy"));
    assert!(healthcheck(&["--address", "127.0.0.2"], &[]).await.contains("127.0.0.2:1 is not healthy"));
}

#[tokio::test]
async fn the_healthcheck_exits_0_if_the_server_is_healthy_and_1_if_it_is_gone() {
    let mut server = TestServer::start().await;
    let (folder, port) = (server.folder().to_owned(), server.port().to_string());
    let check = async || lingerd(&folder, &["healthcheck", "--port", &port], &[]).await.status.code();
    assert_eq!(check().await, Some(0));
    assert!(server.stop().await.success());
    assert_eq!(check().await, Some(1));
}

#[tokio::test]
async fn help_and_version_need_no_settings_and_create_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let help = lingerd(folder.path(), &["--help"], &[]).await;
    let help = String::from_utf8(help.stdout).unwrap();
    for flag in ["--address", "--port", "--database-url", "--help", "--version", "healthcheck", "copy", "rotate-key"] {
        assert!(help.contains(flag), "{help}");
    }
    let version = lingerd(folder.path(), &["--version"], &[]).await;
    assert_eq!(String::from_utf8(version.stdout).unwrap(), format!("lingerd {}\n", linger_server::VERSION));
    assert_eq!(lingerd(folder.path(), &["--prot", "1"], &[]).await.status.code(), Some(2));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no files are created");
}

#[tokio::test]
async fn the_servers_files_are_in_var_and_the_key_is_private() {
    let server = TestServer::start_on_sqlite().await;
    let var = server.folder().join("var");
    assert!(var.join("linger.db").is_file());
    let mode = std::fs::metadata(var.join("signing.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
