//! Files that are not linger's where its database should be.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use sqlx::{Connection, SqliteConnection};

use super::files::mode;
use crate::harness::{assert_refused, lingerd};

#[tokio::test]
async fn a_file_that_is_not_lingers_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    fs::write(folder.path().join("notes.txt"), "not a database, but longer than the header of one. ".repeat(20))
        .unwrap();
    let foreign = folder.path().join("foreign.db");
    let mut database = SqliteConnection::connect(&format!("sqlite:{}?mode=rwc", foreign.display())).await.unwrap();
    sqlx::query("create table notes (text)").execute(&mut database).await.unwrap();
    database.close().await.unwrap();
    // A crash left its log.
    let mut database = SqliteConnection::connect(&format!("sqlite:{}", foreign.display())).await.unwrap();
    sqlx::query("pragma journal_mode = wal").execute(&mut database).await.unwrap();
    sqlx::query("insert into notes values ('kept')").execute(&mut database).await.unwrap();
    let log = folder.path().join("foreign.db-wal");
    fs::copy(&log, folder.path().join("left")).unwrap();
    database.close().await.unwrap();
    fs::rename(folder.path().join("left"), &log).unwrap();
    let left = fs::read(&log).unwrap();
    // A new database, whose tables are still only in its log.
    let young = folder.path().join("young.db");
    let mut database = SqliteConnection::connect(&format!("sqlite:{}?mode=rwc", young.display())).await.unwrap();
    sqlx::raw_sql("pragma journal_mode = wal; create table notes (text)").execute(&mut database).await.unwrap();
    let young_log = fs::read(folder.path().join("young.db-wal")).unwrap();
    // A truncated database.
    let whole = fs::read(&foreign).unwrap();
    fs::write(folder.path().join("damaged.db"), &whole[..whole.len() / 2]).unwrap();
    for (name, before, why) in [
        ("folder", 0o755, "folder is no file, so it cannot be the database"),
        ("notes.txt", 0o644, "file is not a database"),
        ("foreign.db", 0o644, "foreign.db is a database of another program"),
        ("young.db", 0o644, "young.db is a database of another program"),
        ("damaged.db", 0o644, "database disk image is malformed"),
    ] {
        let path = folder.path().join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(before)).unwrap();
        let content = fs::read(&path).ok();
        for arguments in [&["--port", "0"][..], &["user", "list"]] {
            let output = lingerd(folder.path(), arguments, &[("DATABASE_URL", &format!("sqlite:{name}"))]).await;
            assert_refused(&output, why);
        }
        assert_eq!((mode(&path), fs::read(&path).ok()), (before, content), "{name}");
    }
    assert_eq!(fs::read(&log).unwrap(), left);
    assert_eq!(fs::read(folder.path().join("young.db-wal")).unwrap(), young_log);
    database.close().await.unwrap();
}
