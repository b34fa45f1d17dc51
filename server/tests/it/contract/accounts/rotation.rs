//! Signing keys: created once, rotated without signing anyone out, and dropped when no token needs them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::tokens::{self, claims_of, key_of};
use crate::harness::{Client, TestServer, User, assert_refused, at_once, lingerd, until};

const ON_POSTGRES: [(&str, &str); 1] = [("DATABASE_URL", "postgres://linger@localhost/linger")];

/// Runs `lingerd rotate-key` and returns its output, always two lines. Panics unless that succeeds.
async fn rotate(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = lingerd(folder, &[&["rotate-key"], arguments].concat(), environment).await;
    let (printed, error) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{error}");
    assert_eq!((printed.lines().count(), error.as_str()), (2, ""), "{printed}");
    printed
}

/// Returns the digits and the comment of each line of the key file that holds a key.
fn keys(folder: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(folder.join("var/signing.key")).unwrap();
    let line = |line: &str| {
        let (key, comment) = line.split_once('#').unwrap_or((line, ""));
        (key.trim().to_owned(), comment.trim().to_owned())
    };
    text.lines().map(line).filter(|(key, _)| !key.is_empty()).collect()
}

fn write_keys(folder: &Path, text: &str) {
    fs::create_dir_all(folder.join("var")).unwrap();
    fs::write(folder.join("var/signing.key"), text).unwrap();
    fs::set_permissions(folder.join("var/signing.key"), fs::Permissions::from_mode(0o600)).unwrap();
}

fn folder_with_keys(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_keys(folder.path(), text);
    folder
}

fn key_id(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.expect("a token names its key")
}

/// Signs a token with these claims. Its header names the key if `key_id` is given.
fn sign(claims: &Value, key: &[u8], key_id: Option<String>) -> String {
    let mut header = json!({ "typ": "JWT", "alg": "HS256" });
    if let Some(key_id) = key_id {
        header["kid"] = key_id.into();
    }
    tokens::sign(&header, claims, key)
}

async fn status(server: &TestServer, token: &str) -> StatusCode {
    Client::new().get(server.url("/status")).bearer_auth(token).send().await.unwrap().status()
}

#[tokio::test]
async fn after_a_rotation_the_new_key_signs_and_old_tokens_are_valid_until_the_old_key_is_removed() {
    let mut server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let drawn = keys(server.folder()).remove(0).0;
    assert!(rotate(server.folder(), &[], &[]).await.contains("new key"));
    assert_eq!(server.connect(&serde_json::json!({})).await.status(), 201, "the running server is not affected");
    server.restart().await;

    let bob = server.guest("bob").await;
    assert_eq!(keys(server.folder()).iter().map(|(key, _)| key == &drawn).collect::<Vec<_>>(), [false, true]);
    assert_ne!(key_id(&alice.token), key_id(&bob.token));
    assert_eq!(
        (status(&server, &alice.token).await, status(&server, &bob.token).await),
        (StatusCode::OK, StatusCode::OK)
    );
    let again = alice.on_new_connections().connect_again().await;
    assert_eq!(
        (again.id, key_id(&again.token)),
        (alice.id, key_id(&bob.token)),
        "the new key signs a returning user's token too"
    );

    write_keys(server.folder(), &keys(server.folder()).remove(0).0);
    server.restart().await;
    assert_eq!(status(&server, &alice.token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&server, &bob.token).await, StatusCode::OK);
    assert_eq!(status(&server, &again.token).await, StatusCode::OK);
}

#[tokio::test]
async fn a_key_id_does_not_reveal_the_key_and_a_token_is_verified_with_the_key_it_names() {
    let mut server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let (old, old_id, claims) = (key_of(&server), key_id(&alice.token), claims_of(&alice.token));
    assert_eq!(old_id.len(), 8, "{old_id}");
    rotate(server.folder(), &[], &[]).await;
    server.restart().await;
    let (new, new_id) = (key_of(&server), key_id(&server.guest("bob").await.token));

    let cases = [
        ("the old key's", &old, Some(&old_id), StatusCode::OK),
        ("the new key's", &new, Some(&new_id), StatusCode::OK),
        ("the old key's, naming none", &old, None, StatusCode::OK),
        ("the new key's, naming none", &new, None, StatusCode::OK),
        ("the old key's, naming the new", &old, Some(&new_id), StatusCode::UNAUTHORIZED),
        ("the new key's, naming the old", &new, Some(&old_id), StatusCode::UNAUTHORIZED),
        ("naming none of them", &new, Some(&"AAAAAAAA".to_owned()), StatusCode::UNAUTHORIZED),
        ("an unknown key's", &vec![7; 32], None, StatusCode::UNAUTHORIZED),
    ];
    for (what, key, id, expected) in cases {
        assert_eq!(status(&server, &sign(&claims, key, id.cloned())).await, expected, "{what}");
    }
}

#[tokio::test]
async fn a_prepared_key_is_accepted_at_once_and_signs_after_the_rotation() {
    let mut server = TestServer::start().await;
    let alice = server.guest("alice").await;
    for round in ["the first time", "again, as a no-op"] {
        assert!(rotate(server.folder(), &["--prepare"], &ON_POSTGRES).await.contains("next key"), "{round}");
        let comments: Vec<_> = keys(server.folder()).into_iter().map(|(_, comment)| comment).collect();
        assert_eq!(comments, ["", "next"], "{round}");
    }
    server.restart().await;
    let bob = server.guest("bob").await;
    assert_eq!(key_id(&bob.token), key_id(&alice.token), "it does not sign yet");

    // Another node has been restarted and signs with the prepared key already. This one accepts its tokens.
    let prepared = keys(server.folder()).remove(1).0;
    let other_node = folder_with_keys(&prepared);
    let key = tokens::key_in(other_node.path());
    assert_eq!(status(&server, &sign(&claims_of(&alice.token), &key, None)).await, StatusCode::OK);

    rotate(server.folder(), &[], &ON_POSTGRES).await;
    let now = keys(server.folder());
    assert_eq!((now[0].0.as_str(), now[0].1.as_str()), (prepared.as_str(), ""));
    assert!(now.len() == 2 && now[1].1.starts_with("signed until 20"), "{now:?}");
    server.restart().await;
    assert_ne!(key_id(&server.guest("carol").await.token), key_id(&alice.token));
    for user in [alice, bob] {
        assert_eq!(status(&server, &user.token).await, StatusCode::OK, "{} is still signed in", user.name);
    }
}

#[tokio::test]
async fn on_postgres_a_rotation_without_a_prepared_key_is_refused() {
    let folder = folder_with_keys(&"ab".repeat(32));
    let before = keys(folder.path());
    let output = lingerd(folder.path(), &["rotate-key"], &ON_POSTGRES).await;
    assert_refused(&output, "rotate-key --prepare");
    assert_eq!(keys(folder.path()), before);
}

#[tokio::test]
async fn old_keys_are_dropped_only_after_their_last_token_has_expired() {
    let digits = |byte: &str| byte.repeat(32);
    let long_ago = "signed until 2020-01-01T00:00:00.000Z";
    let text = format!(
        "# our keys\n\n{} # {long_ago}\n{} # next\n{}  # {long_ago}\n{} # signed until 2999-01-01T00:00:00.000Z\n{} # mine\n",
        digits("aa"),
        digits("bb"),
        digits("cc"),
        digits("dd"),
        digits("ee"),
    );
    let folder = folder_with_keys(&text);
    let printed = rotate(folder.path(), &["--drop-old"], &[]).await;
    assert!(
        printed.contains("Removed 1 ") && printed.contains("2999-02-01"),
        "30 days, and one day to restart: {printed}"
    );
    let left: Vec<_> = keys(folder.path()).into_iter().map(|(key, _)| key).collect();
    assert_eq!(left, ["aa", "bb", "dd", "ee"].map(digits), "the signing key is never dropped");
    assert!(fs::read_to_string(folder.path().join("var/signing.key")).unwrap().starts_with("# our keys\n\n"));
    assert!(rotate(folder.path(), &["--drop-old"], &[]).await.contains("Removed 0 "));

    let just_now = folder_with_keys(&digits("aa"));
    rotate(just_now.path(), &[], &[]).await;
    assert!(rotate(just_now.path(), &["--drop-old"], &[]).await.contains("Removed 0 "), "its tokens are still valid");
    assert_eq!(keys(just_now.path()).len(), 2);
}

#[tokio::test]
async fn the_key_file_stays_private_and_no_temporary_file_is_left() {
    let folder = folder_with_keys(&"ab".repeat(32));
    let file = folder.path().join("var/signing.key");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    for arguments in [&["--prepare"][..], &[], &["--drop-old"]] {
        rotate(folder.path(), arguments, &[]).await;
    }
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path().join("var")).unwrap().count(), 1);
}

#[tokio::test]
async fn concurrent_rotations_lose_no_key() {
    let folder = folder_with_keys(&"ab".repeat(32));
    let path = folder.path().to_owned();
    at_once((0..6).map(|_| {
        let path = path.clone();
        async move { rotate(&path, &[], &[]).await }
    }))
    .await;
    let kept: std::collections::BTreeSet<_> = keys(folder.path()).into_iter().map(|(key, _)| key).collect();
    assert_eq!(kept.len(), 7);
}

#[tokio::test]
async fn a_malformed_key_file_is_refused_with_the_line_number() {
    let good = "ab".repeat(32);
    for (text, reason) in [
        (String::new(), "holds no key"),
        ("# nothing yet\n".to_owned(), "holds no key"),
        (format!("{good}\n\n# a comment\n{}\n", &good[1..]), "line 4 of"),
        (format!("{good}{good}"), "line 1 of"),
        (format!("+{}", &good[1..]), "line 1 of"),
        (format!("{good} {good}"), "line 1 of"),
    ] {
        let folder = folder_with_keys(&text);
        for arguments in [&["--port", "0"][..], &["rotate-key"]] {
            assert_refused(&lingerd(folder.path(), arguments, &[]).await, reason);
        }
        assert_eq!(fs::read_to_string(folder.path().join("var/signing.key")).unwrap(), text);
    }
    let empty = tempfile::tempdir().unwrap();
    assert_refused(&lingerd(empty.path(), &["rotate-key"], &[]).await, "cannot be read");
}

#[tokio::test]
async fn nodes_that_start_concurrently_with_one_key_file_create_one_key() {
    let shared = tempfile::tempdir().unwrap();
    let file = shared.path().join("keys/signing.key");
    let nodes = at_once((0..6).map(|_| {
        let file = file.display().to_string();
        async move { TestServer::start_with(&[("ROCKET_CHAT__SIGNING_KEY_FILE", &file)]).await }
    }))
    .await;
    let mut ids = std::collections::BTreeSet::new();
    for node in &nodes {
        let User { token, .. } = node.guest("alice").await;
        ids.insert(key_id(&token));
    }
    assert_eq!(ids.len(), 1, "the others read the first one's key");
    assert_eq!(fs::read_dir(shared.path().join("keys")).unwrap().count(), 1);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_key_that_is_made_for_a_database_in_use_is_told() {
    let mut server = TestServer::start().await;
    let told = |server: &TestServer| server.log().iter().filter(|line| line.contains("signing key is missing")).count();
    server.guest("alice").await.say("general", "hello").await;
    server.restart().await;
    assert_eq!(told(&server), 0, "the first key of a new database is nothing to tell");
    assert!(server.stop().await.success());
    fs::remove_file(server.folder().join("var/signing.key")).unwrap();
    server.start_again().await;
    until("the new key is told", async || told(&server) == 1).await;
}

#[tokio::test]
async fn no_session_ends_while_two_nodes_are_rotated_and_restarted_in_turn() {
    let Ok(cluster) = std::env::var("LINGER_TEST_POSTGRES") else {
        println!("skipped: LINGER_TEST_POSTGRES names no PostgreSQL cluster");
        return;
    };
    let database = linger_rig::postgres::create_database(&cluster).await.unwrap();
    // Each node has a key file of its own. The first one's is copied to the second.
    let (folder, drawn) = (tempfile::tempdir().unwrap(), format!("{}\n", "ab".repeat(32)));
    let files = ["one.key", "two.key"].map(|name| folder.path().join(name));
    for file in &files {
        fs::write(file, &drawn).unwrap();
    }
    let settings = files.each_ref().map(|file| {
        let file = file.to_str().expect("a name in UTF-8");
        [("DATABASE_URL", database.as_str()), ("ROCKET_CHAT__SIGNING_KEY_FILE", file)]
    });
    let mut nodes = [TestServer::start_with(&settings[0]).await, TestServer::start_with(&settings[1]).await];
    let mut tokens = Vec::new();
    for step in [&["--prepare"][..], &[]] {
        rotate(folder.path(), step, &settings[0]).await;
        fs::copy(&files[0], &files[1]).unwrap();
        for restarted in 0..nodes.len() {
            nodes[restarted].restart().await;
            for node in &nodes {
                let name = format!("user-{}", tokens.len());
                tokens.push(node.guest(&name).await.token);
            }
            for (node, token) in nodes.iter().flat_map(|node| tokens.iter().map(move |token| (node, token))) {
                assert_eq!(status(node, token).await, StatusCode::OK, "{step:?}, after a restart of node {restarted}");
            }
        }
    }
    let signed_with: std::collections::BTreeSet<_> = tokens.iter().map(|token| key_id(token)).collect();
    assert_eq!(signed_with.len(), 2, "both keys have signed");
}
