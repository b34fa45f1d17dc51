//! The commands that the documents print, run as printed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use super::documents::{document, documents};
use crate::harness::{DEADLINE, TestServer, User, database, until};

/// Returns the first block of commands after this text of a document.
fn commands_after(name: &str, text: &str) -> String {
    let document = document(name);
    let (_, rest) = document.split_once(text).unwrap_or_else(|| panic!("{name} says {text:?}"));
    // The line that opens a block may name its language.
    let block = rest.split_once("\n```").and_then(|(_, block)| block.split_once('\n'));
    block.expect("a block of commands").1.split("```").next().unwrap().to_owned()
}

/// Runs commands in a folder, with these variables.
async fn run(commands: &str, folder: &Path, variables: &[(&str, &str)]) -> Output {
    let mut shell = Command::new("sh");
    shell.current_dir(folder).args(["-euc", commands]).envs(variables.iter().copied());
    shell.stdin(Stdio::null()).kill_on_drop(true);
    timeout(DEADLINE, shell.output()).await.unwrap_or_else(|_| panic!("does not end: {commands}")).unwrap()
}

#[tokio::test]
async fn the_readmes_commands_work_as_printed() {
    let server = TestServer::start().await;
    let commands =
        commands_after("README.md", "## Two people and curl").replace("http://127.0.0.1:8000", &server.url(""));
    assert!(commands.contains("curl"), "{commands}");
    let output = run(&commands, server.folder(), &[]).await;
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines.len(), 3, "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(lines[0].contains(r#""from":"alice","text":"hello everybody""#), "{printed}");
    assert!(lines[1].contains(r#""to":"bob","text":"psst""#), "{printed}");
    assert!(lines[2].contains("hello everybody") && lines[2].contains("psst"), "{printed}");
}

/// The loops of README.md and docs/http.md.
fn loops() -> Vec<String> {
    let of = |name: &str| -> Vec<String> {
        let document = document(name);
        let blocks = document.split("```").skip(1).step_by(2).filter(|block| block.contains("while "));
        blocks.map(|block| block.split_once('\n').unwrap().1.to_owned()).collect()
    };
    let (readme, http) = (of("README.md"), of("docs/http.md"));
    assert_eq!((readme.len(), http.len()), (1, 2), "{readme:?} {http:?}");
    [readme, http].concat()
}

/// The loop of README.md of 0.1, which loses its cursor with curl 8.7.
const OLD_LOOP: &str = "while curl -sf \"$LINGER/poll\" -H \"Authorization: Bearer $TOKEN\" --etag-compare bob.etag \
                        --etag-save bob.etag; do\n  echo\ndone\n";

/// Puts a `curl` into a folder that empties the file of `--etag-save` if the answer is 304, as curl 8.7 does.
fn curl_8_7() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let curl = r#"#!/bin/sh
        PATH=${PATH#*:}
        status=0
        curl --dump-header "$0.head" "$@" || status=$?
        if grep -q '^HTTP/[0-9.]* 304' "$0.head"; then
            while [ $# -gt 0 ]; do
                [ "$1" != --etag-save ] || : >"$2"
                shift
            done
        fi
        exit $status
    "#;
    let program = folder.path().join("curl");
    fs::write(&program, curl).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Runs rounds of a loop, one at a time, while messages are sent. Returns which of the messages `one`, `two` and
/// `three` each round brought.
async fn rounds(text: &str, path: &str, server: &TestServer, alice: &User, bob: &User) -> Vec<[bool; 3]> {
    let folder = tempfile::tempdir().unwrap();
    // A round ends the loop, and does not wait.
    let once = text.replace("/poll", "/poll?wait=0").replace("?wait=0?", "?wait=0&").replace("done", "break; done");
    let url = server.url("");
    let variables = [("LINGER", &*url), ("BASE", &url), ("TOKEN", &bob.token), ("BOB", &bob.token), ("PATH", path)];
    let round = async || {
        let output = run(&once, folder.path(), &variables).await;
        assert!(output.status.success() && output.stderr.is_empty(), "{text}: {output:?}");
        let page = String::from_utf8(output.stdout).unwrap();
        ["one", "two", "three"].map(|text| page.contains(&format!(r#""text":"{text}"#)))
    };
    let mut brought = vec![round().await];
    alice.say("general", r#"one, "cursor":"made up""#).await;
    for _ in 0..4 {
        brought.push(round().await);
    }
    assert_eq!(bob.unread("general").await, 0, "{text}");
    let two = alice.say("general", "two").await;
    // On another device, which is no reason for this client to miss it.
    assert_eq!(bob.post("/room/1/read", &json!({ "seq": two.seq })).await.status(), 204);
    alice.tell(&bob.name, "three").await;
    brought.push(round().await);
    assert_eq!(bob.unread("@alice").await, 1, "the last page is not acknowledged yet: {text}");
    brought
}

#[tokio::test]
async fn each_loop_of_the_documents_is_a_whole_client() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let (curl_8_7, installed) = (curl_8_7(), std::env::var("PATH").unwrap());
    let emptying = format!("{}:{installed}", curl_8_7.path().display());
    let nothing = [false; 3];
    let whole = [nothing, [true, false, false], nothing, nothing, nothing, [false, true, true]];
    let mut bobs = 0..;
    for (path, name) in [(&installed, "the installed curl"), (&emptying, "curl 8.7")] {
        for text in loops() {
            let bob = server.guest(&format!("bob-{}", bobs.next().unwrap())).await;
            assert_eq!(rounds(&text, path, &server, &alice, &bob).await, whole, "with {name}: {text}");
        }
    }
    let (old, lost) = (server.guest("bob-old").await, server.guest("bob-lost").await);
    assert_eq!(rounds(OLD_LOOP, &installed, &server, &alice, &old).await, whole);
    let last = rounds(OLD_LOOP, &emptying, &server, &alice, &lost).await.pop().unwrap();
    assert_eq!(last, [false, false, true], "this curl lost the cursor");
}

/// `--json` came with curl 7.82, which some systems do not have yet.
#[test]
fn no_command_that_is_shown_needs_a_newer_curl() {
    let others = ["server/src/http/description/introduction.md", "server/src/http/description/page/curl.rs"];
    let others = others.into_iter().chain(["scripts/server.sh"]).map(|name| (name.to_owned(), document(name)));
    let mut commands = 0;
    for (name, text) in documents().into_iter().chain(others) {
        let text = text.replace("\\\n", " ");
        for line in text.lines().filter(|line| line.contains("curl ")) {
            assert!(!line.contains("--json"), "{name}: {line}");
            commands += 1;
        }
    }
    assert!(commands > 20, "{commands} commands");
}

#[tokio::test]
async fn the_backup_of_sqlite_works_as_printed_while_messages_are_sent() {
    let server = TestServer::start_on_sqlite().await;
    let alice = server.guest("alice").await;
    // A copy takes longer than from one message to the next.
    let ballast = "create table ballast as select zeroblob(64 << 20) as bytes";
    database::execute(&server.database_url(), ballast).await;
    let sent = Arc::new(AtomicI64::new(0));
    let counted = Arc::clone(&sent);
    let sending = tokio::spawn(async move {
        loop {
            alice.say("general", "hello").await;
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    until("messages are sent", async || sent.load(Ordering::SeqCst) > 3).await;

    let folder = server.folder().join("backup");
    fs::create_dir(&folder).unwrap();
    let commands = commands_after("docs/operations.md", "### Back up SQLite");
    let commands = commands.replace("/backup", folder.to_str().unwrap());
    let before = sent.load(Ordering::SeqCst);
    let output = run(&commands, server.folder(), &[]).await;
    let after = sent.load(Ordering::SeqCst);
    assert!(!sending.is_finished(), "messages were sent all the time");
    sending.abort();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");

    let made: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [backup] = &made[..] else { panic!("{made:?}") };
    assert_eq!(fs::metadata(backup).unwrap().permissions().mode() & 0o777, 0o600, "it has passwords' hashes");
    let kept = database::count(&format!("sqlite:{}", backup.display()), "select count(*) from messages").await;
    // One more may have been stored whose answer had not come.
    assert!((before..=after + 1).contains(&kept), "{kept} of {before} to {after}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let (health, newest) = printed.split_once('\n').unwrap();
    assert!(health == "ok" && newest.starts_with(&format!("{kept}|2")), "{printed}");

    let (_, check) = commands.split_once("sqlite3 -readonly").expect("the command that checks it");
    let check = format!("sqlite3 -readonly{check}");
    assert!(run(&check, server.folder(), &[]).await.status.success());
    fs::write(backup, "").unwrap();
    let output = run(&check, server.folder(), &[]).await;
    assert!(!output.status.success(), "an empty file is no backup: {output:?}");
}
