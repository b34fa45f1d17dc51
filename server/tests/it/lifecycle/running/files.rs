//! The files of a SQLite database: for one process and one user alone, and watched while they are open.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;
use sqlx::{Connection, SqliteConnection};

use crate::harness::{DEADLINE, TestServer, User, assert_problem, assert_refused, database, lingerd, until};

#[tokio::test]
async fn a_second_process_is_refused_whichever_name_it_has_for_the_file() {
    let server = TestServer::start_on_sqlite().await;
    let var = server.folder().join("var");
    fs::hard_link(var.join("linger.db"), var.join("hard.db")).unwrap();
    std::os::unix::fs::symlink("linger.db", var.join("soft.db")).unwrap();
    for name in ["linger.db", "hard.db", "soft.db"] {
        let url = format!("sqlite:var/{name}");
        let output = lingerd(server.folder(), &["--port", "0"], &[("DATABASE_URL", &url)]).await;
        assert_refused(&output, &format!("another process serves var/{name}"));
        let to = ["copy", "--from", &url, "--to", "postgres://linger@127.0.0.1:1/linger"];
        assert_refused(&lingerd(server.folder(), &to, &[]).await, &format!("var/{name}"));
    }
    fs::remove_file(var.join("linger.db.lock")).unwrap();
    let output = lingerd(server.folder(), &["--port", "0"], &[]).await;
    assert_refused(&output, "another process serves var/linger.db");
    assert_eq!(server.guest("alice").await.say("general", "hello").await.seq, 1, "the first one is not affected");
}

pub(super) fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn only_their_owner_can_read_the_files() {
    let mut server = TestServer::start_on_sqlite().await;
    server.guest("alice").await;
    let var = server.folder().join("var");
    let mut files: Vec<_> = fs::read_dir(&var).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let names: Vec<_> = files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["linger.db", "linger.db-shm", "linger.db-wal", "linger.db.lock", "signing.key"]);
    for file in &files {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }

    // Versions up to 0.1 left the files to the umask. A group's access was set up.
    for (before, after) in [(0o644, 0o600), (0o666, 0o600), (0o640, 0o640)] {
        server.kill().await;
        for file in &files[..4] {
            fs::set_permissions(file, fs::Permissions::from_mode(before)).unwrap();
        }
        server.start_again().await;
        for file in &files[..4] {
            assert_eq!(mode(file), after, "{} had {before:o}", file.display());
        }
    }
}

fn count(server: &TestServer, text: &str) -> usize {
    server.log().iter().filter(|line| line.contains(text)).count()
}

/// Waits until the server has noticed, without a request that would make it look.
async fn noticed(server: &TestServer, file: &str) {
    let begun = Instant::now();
    while count(server, &format!("var/{file} was removed or replaced")) == 0 {
        assert!(begun.elapsed() < DEADLINE, "the server notices: {:?}", server.log());
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

async fn assert_refuses(alice: &User) {
    for (path, body) in [
        ("/send", json!({ "text": "lost" })),
        ("/rooms", json!({ "name": "lost" })),
        ("/room/1/read", json!({ "seq": 0 })),
        ("/connect", json!({})),
    ] {
        assert_problem(alice.post(path, &body).await, 503, "unavailable").await;
    }
    assert_problem(alice.get("/health").await, 503, "unavailable").await;
}

#[tokio::test]
async fn a_server_whose_files_are_removed_or_replaced_writes_nothing() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 5] = [
        ("linger.db", |var| {
            for file in ["linger.db", "linger.db-wal", "linger.db-shm", "linger.db.lock"] {
                fs::remove_file(var.join(file)).unwrap();
            }
        }),
        ("linger.db", |var| fs::rename(var.join("backup.db"), var.join("linger.db")).unwrap()),
        ("linger.db", |var| {
            fs::rename(var.join("linger.db"), var.join("old.db")).unwrap();
            fs::copy(var.join("old.db"), var.join("linger.db")).unwrap();
        }),
        ("linger.db-wal", |var| fs::remove_file(var.join("linger.db-wal")).unwrap()),
        ("linger.db-shm", |var| fs::remove_file(var.join("linger.db-shm")).unwrap()),
    ];
    for (file, change) in changes {
        let mut server = TestServer::start_on_sqlite().await;
        let alice = server.guest("alice").await;
        alice.say("general", "hello").await;
        let var = server.folder().join("var");
        let mut database = SqliteConnection::connect(&server.database_url()).await.unwrap();
        sqlx::query("vacuum into $1").bind(var.join("backup.db").to_str()).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
        change(&var);
        noticed(&server, file).await;
        assert_refuses(&alice).await;
        until("the outage is told", async || count(&server, "the database is away") > 0).await;
        assert_eq!(count(&server, "the database is away"), 1, "{:?}", server.log());

        // The files that are there now may be those of another database.
        let _ = fs::remove_file(var.join("linger.db-wal"));
        fs::write(var.join("linger.db-wal"), "another log").unwrap();
        let there = fs::read(var.join("linger.db")).ok();
        // With 1, if there was a position that could not be saved.
        assert!(server.stop().await.code().is_some_and(|code| code <= 1));
        assert_eq!(fs::read(var.join("linger.db")).ok(), there);
        assert_eq!(fs::read(var.join("linger.db-wal")).unwrap(), b"another log");
    }
}

/// Starts a server with 20 messages in `backup.db` and 150 more that only the running server has.
async fn with_a_backup() -> (TestServer, User, PathBuf) {
    let server = TestServer::start_on_sqlite().await;
    let alice = server.guest("alice").await;
    let var = server.folder().join("var");
    for number in 1..=170 {
        alice.say("general", &number.to_string()).await;
        if number == 20 {
            let backup = format!("vacuum into '{}'", var.join("backup.db").display());
            database::execute(&server.database_url(), &backup).await;
        }
    }
    (server, alice, var)
}

async fn assert_intact(database: &Path, messages: usize) {
    let url = format!("sqlite:{}", database.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let checked: String = sqlx::query_scalar("pragma integrity_check").fetch_one(&mut connection).await.unwrap();
    let texts: Vec<String> =
        sqlx::query_scalar("select text from messages order by id").fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    assert_eq!(checked, "ok", "{}", database.display());
    assert!(texts.into_iter().eq((1..=messages).map(|number| number.to_string())), "{}", database.display());
}

#[tokio::test]
async fn a_start_after_files_were_replaced_serves_the_database_that_is_there() {
    type Change = fn(&Path);
    let changes: [(&str, Change, usize); 5] = [
        ("linger.db", |var| fs::rename(var.join("backup.db"), var.join("linger.db")).unwrap(), 20),
        (
            "linger.db",
            |var| {
                fs::rename(var.join("linger.db"), var.join("old.db")).unwrap();
                fs::copy(var.join("backup.db"), var.join("linger.db")).unwrap();
            },
            20,
        ),
        (
            "linger.db",
            |var| {
                for file in ["linger.db", "linger.db-wal", "linger.db-shm"] {
                    fs::remove_file(var.join(file)).unwrap();
                }
                fs::rename(var.join("backup.db"), var.join("linger.db")).unwrap();
            },
            20,
        ),
        ("linger.db-wal", |var| fs::remove_file(var.join("linger.db-wal")).unwrap(), 170),
        ("linger.db-shm", |var| fs::remove_file(var.join("linger.db-shm")).unwrap(), 170),
    ];
    for (file, change, messages) in changes {
        let (mut server, alice, var) = with_a_backup().await;
        change(&var);
        noticed(&server, file).await;
        // With 1, if there was a position that could not be saved.
        assert!(server.stop().await.code().is_some_and(|code| code <= 1));
        server.start_again().await;
        let alice = alice.on_new_connections();
        assert_eq!(alice.history("/room/1/messages").await.len(), messages, "{file}");
        assert_eq!(alice.say("general", &(messages + 1).to_string()).await.seq, messages as i64 + 1);
        server.restart().await;
        assert_intact(&var.join("linger.db"), messages + 1).await;
        if var.join("old.db").exists() {
            assert_intact(&var.join("old.db"), 170).await;
        }
    }
}

#[tokio::test]
async fn a_log_that_a_crash_left_is_not_applied_to_a_backup() {
    let (mut server, alice, var) = with_a_backup().await;
    server.kill().await;
    fs::rename(var.join("backup.db"), var.join("linger.db")).unwrap();
    for arguments in [
        &["--port", "0"][..],
        &["copy", "--from", "sqlite:var/linger.db", "--to", "postgres://linger@127.0.0.1:1/linger"],
    ] {
        let output = lingerd(server.folder(), arguments, &[("DATABASE_URL", "sqlite:var/linger.db")]).await;
        assert_refused(&output, "var/linger.db-wal belongs to another file");
    }
    for file in ["linger.db-wal", "linger.db-shm"] {
        fs::remove_file(var.join(file)).unwrap();
    }
    server.start_again().await;
    assert_eq!(alice.on_new_connections().history("/room/1/messages").await.len(), 20);
    // A crash alone is no reason to refuse, nor are files that were copied elsewhere together.
    server.kill().await;
    server.start_again().await;
    server.kill().await;
    for file in ["linger.db", "linger.db-wal", "linger.db-shm"] {
        fs::copy(var.join(file), var.join("copy")).unwrap();
        fs::rename(var.join("copy"), var.join(file)).unwrap();
    }
    server.start_again().await;
    assert_intact(&var.join("linger.db"), 20).await;
}

#[tokio::test]
async fn a_restored_log_is_used_even_if_it_has_the_inode_of_the_one_before() {
    let mut server = TestServer::start_on_sqlite().await;
    server.guest("alice").await.say("general", "kept").await;
    server.kill().await;
    let var = server.folder().join("var");
    let (log, inode) = (var.join("linger.db-wal"), |path: &Path| fs::metadata(path).unwrap().ino());
    let (content, before) = (fs::read(&log).unwrap(), inode(&log));
    fs::remove_file(&log).unwrap();
    // Most file systems soon use an inode again.
    for number in 0..1000 {
        let restored = var.join(format!("restored-{number}"));
        fs::write(&restored, &content).unwrap();
        if inode(&restored) == before || number == 999 {
            fs::rename(&restored, &log).unwrap();
            break;
        }
    }
    fs::copy(var.join("linger.db"), var.join("copy")).unwrap();
    fs::rename(var.join("copy"), var.join("linger.db")).unwrap();
    server.start_again().await;
    let bob = server.guest("bob").await;
    assert_eq!(bob.history("/room/1/messages").await.len(), 1);
}

#[tokio::test]
async fn a_start_without_the_database_keeps_the_log_that_a_crash_left() {
    let mut server = TestServer::start_on_sqlite().await;
    server.guest("alice").await.say("general", "kept").await;
    server.kill().await;
    let var = server.folder().join("var");
    fs::rename(var.join("linger.db"), var.join("damaged.db")).unwrap();
    server.start_again().await;
    assert_eq!(count(&server, "the previous database's log was moved away"), 1, "{:?}", server.log());
    assert!(server.guest("bob").await.history("/room/1/messages").await.is_empty());
    server.kill().await;
    fs::rename(var.join("linger.db"), var.join("useless.db")).unwrap();
    server.start_again().await;
    assert!(var.join("linger.db-wal.old2").exists(), "one log does not take another's place");
    server.kill().await;
    fs::remove_file(var.join("linger.db-wal")).unwrap();
    fs::rename(var.join("damaged.db"), var.join("linger.db")).unwrap();
    fs::rename(var.join("linger.db-wal.old"), var.join("linger.db-wal")).unwrap();
    fs::remove_file(var.join("linger.db-shm")).unwrap();
    server.start_again().await;
    assert_eq!(server.guest("bob").await.history("/room/1/messages").await.len(), 1);
}

#[tokio::test]
async fn a_record_of_an_earlier_build_refuses_nothing() {
    let mut server = TestServer::start_on_sqlite().await;
    server.guest("alice").await.say("general", "kept").await;
    server.kill().await;
    let var = server.folder().join("var");
    let inode = |file: &str| fs::metadata(var.join(file)).unwrap().ino().to_le_bytes();
    // It had the inodes of the two files, and wrote over what was there.
    let mut record = fs::read(var.join("linger.db.lock")).unwrap();
    record[..16].copy_from_slice(&[inode("linger.db"), inode("linger.db-wal")].concat());
    fs::write(var.join("linger.db.lock"), record).unwrap();
    server.start_again().await;
    assert_eq!(server.guest("bob").await.history("/room/1/messages").await.len(), 1);
}

#[tokio::test]
async fn a_server_whose_file_is_put_back_goes_on() {
    let server = TestServer::start_on_sqlite().await;
    let alice = server.guest("alice").await;
    let var = server.folder().join("var");
    fs::rename(var.join("linger.db"), var.join("away.db")).unwrap();
    noticed(&server, "linger.db").await;
    assert_refuses(&alice).await;
    fs::rename(var.join("away.db"), var.join("linger.db")).unwrap();
    assert_eq!(alice.say("general", "hello").await.seq, 1);
    assert_eq!(alice.get("/health").await.status(), 200);
}
