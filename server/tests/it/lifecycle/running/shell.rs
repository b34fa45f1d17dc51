//! The server's shell: `lingerd user` against the running server and against an idle database.

use std::process::{Output, Stdio};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::{DEADLINE, TestServer, assert_refused, lingerd};

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test]
async fn the_shell_administers_the_running_server_and_the_idle_database_alike() {
    let mut server = TestServer::start().await;
    let alice = server.account("alice", "alice's password").await;
    server.account("bob", "bob's password").await;
    alice.create_room("lobby").await;
    let private = alice.post("/rooms", &json!({ "name": "den", "private": true })).await;
    assert_eq!(private.status(), 201);
    for runs in [true, false] {
        if !runs {
            assert!(server.stop().await.success());
        }
        let run = async |arguments: &[&str]| printed(&server.shell(arguments).await);
        assert_eq!(run(&["user", "admin", "Alice"]).await, "alice is an administrator now.\n");
        assert_eq!(run(&["user", "disable", "bob"]).await, "bob is disabled, and signed out everywhere.\n");
        let users = run(&["user", "list"]).await;
        let lines: Vec<Vec<&str>> = users.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["NAME", "ROLE", "STATE", "DISPLAY", "NAME"]);
        assert_eq!(
            (lines[1][..2].to_vec(), &lines[2][..]),
            (vec!["alice", "admin"], &["bob", "member", "disabled"][..])
        );
        assert!(run(&["user", "show", "bob"]).await.contains("state  disabled\n"));
        assert_eq!(run(&["user", "enable", "bob"]).await, "bob may sign in again.\n");
        let rooms = run(&["room", "list"]).await;
        assert!(rooms.contains("general") && rooms.contains("lobby") && !rooms.contains("den"), "{rooms}");
        for _ in 0..2 {
            assert_eq!(run(&["room", "archive", "lobby"]).await, "lobby is archived.\n");
        }
        assert!(!run(&["room", "list"]).await.contains("lobby"));
        assert_eq!(run(&["room", "archive", "--undo", "lobby"]).await, "lobby is open again.\n");
        for name in ["den", "nowhere"] {
            assert_refused(&server.shell(&["room", "archive", name]).await, "there is no public room");
        }
        assert_refused(&server.shell(&["room", "archive", "general"]).await, "never archived");
        assert_refused(&server.shell(&["user", "show", "nobody"]).await, "no such user");
        assert_refused(&server.shell(&["user", "show", "../x"]).await, "a name is 1 to 32");
        assert_refused(&server.shell(&["user", "disable", "alice"]).await, "the only administrator");
        assert_refused(&server.shell(&["user", "admin", "--revoke", "alice"]).await, "the only administrator");
    }
    let added = printed(&server.shell(&["user", "add", "carol"]).await);
    let invited = printed(&server.shell(&["invite", "--uses", "2"]).await);
    server.start_again().await;
    let code = |text: &str| text.split("Code: ").nth(1).unwrap().lines().next().unwrap().to_owned();
    let carol: Value = server.connect(&json!({ "code": code(&added) })).await.json().await.unwrap();
    assert_eq!(carol["user"]["name"], "carol", "{carol}");
    let carol = alice.on_new_connections().with_token(carol["token"].as_str().unwrap().to_owned());
    let password = carol.request(Method::PUT, "/me/password").json(&json!({ "new": "carol's password" }));
    assert_eq!(password.send().await.unwrap().status(), 204);
    let dave = json!({ "username": "dave", "password": "dave's password", "code": code(&invited) });
    assert_eq!(server.connect(&dave).await.status(), 201);
    assert_eq!(alice.on_new_connections().get_json("/me").await["role"], "admin");
    let right = json!({ "username": "bob", "password": "bob's password" });
    assert_eq!(server.connect(&right).await.status(), 200);
}

#[tokio::test]
async fn the_shell_says_in_one_line_why_it_can_do_nothing() {
    let server = TestServer::start_on_sqlite().await;
    server.account("alice", "alice's password").await;
    // Another port, where nothing listens, but the database is in use.
    let url = server.database_url();
    let idle = lingerd(server.folder(), &["--port", "1", "user", "list"], &[("DATABASE_URL", url.as_str())]).await;
    assert_refused(&idle, "no server answers at the address of these settings");
    let elsewhere = tempfile::tempdir().unwrap();
    let port = server.port().to_string();
    let stranger = lingerd(elsewhere.path(), &["--port", &port, "user", "list"], &[]).await;
    assert_refused(&stranger, "does not accept this signing key");
    let settings = lingerd(server.folder(), &["user", "list"], &[("ROCKET_CHAT__NAMES", "x")]).await;
    assert_refused(&settings, "invalid settings");
}

#[tokio::test]
async fn a_password_file_may_begin_with_a_byte_order_mark() {
    let server = TestServer::start().await;
    let port = server.url("").rsplit(':').next().unwrap().to_owned();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lingerd"));
    command.current_dir(server.folder()).args(["--port", &port, "user", "add", "alice", "--password-stdin"]);
    let mut adding =
        command.env_clear().stdin(Stdio::piped()).stdout(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    adding.stdin.take().unwrap().write_all("\u{feff}correct horse\r\n".as_bytes()).await.unwrap();
    assert!(timeout(DEADLINE, adding.wait()).await.expect("it ends").unwrap().success());
    let body = json!({ "username": "alice", "password": "correct horse", "create": false });
    assert_eq!(server.connect(&body).await.status(), 200);
}

#[tokio::test]
async fn a_wrong_folder_is_named_and_gets_no_database() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["invite"][..], &["user", "list"], &["user", "admin", "alice"], &["room", "list"]] {
        let output = lingerd(folder.path(), &[&["--port", "1"], arguments].concat(), &[]).await;
        assert_refused(&output, "there is no database at var/linger.db");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{arguments:?}");
    }
    let address = ("DATABASE_URL", "sqlite:my%20chat/linger.db");
    printed(&lingerd(folder.path(), &["--port", "1", "user", "add", "alice"], &[address]).await);
    let users = printed(&lingerd(folder.path(), &["--port", "1", "user", "list"], &[address]).await);
    assert!(users.contains("alice") && folder.path().join("my chat/linger.db").exists(), "{users}");
}
