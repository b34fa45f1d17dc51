//! Refusals of `lingerd copy`: one line of explanation, and nothing is changed.

use sqlx::AssertSqlSafe;

use super::{Database, ON_SQLITE, SOURCE, copied, copy, empty_chat, open_source, refusal};
use crate::harness::{TestServer, assert_refused, lingerd};

#[tokio::test]
async fn bad_urls_are_refused_in_one_line() {
    let server = empty_chat().await;
    let (source, nowhere) = (SOURCE, "postgres://linger:secret@127.0.0.1:1/linger");
    for (from, to, reason) in [
        ("var/linger.db", nowhere, "write sqlite:PATH"),
        ("sqlite::memory:", nowhere, "write sqlite:PATH"),
        ("sqlite:", nowhere, "write sqlite:PATH"),
        ("postgres://linger:secret@localhost/linger", "sqlite:x", "write sqlite:PATH"),
        ("sqlite:var/other.db", nowhere, "there is no database var/other.db"),
        ("sqlite:var/none/other.db", nowhere, "there is no database"),
        ("sqlite:var/signing.key", nowhere, "the source var/signing.key cannot be read"),
        (source, "sqlite:var/other.db", "write postgres://"),
        (source, "linger", "write postgres://"),
        (source, "mysql://root:secret@localhost/x", "write postgres://"),
        (source, "postgres://linger:secret@127.0.0.1:x/y", "write postgres://"),
        (source, nowhere, "the target cannot be reached"),
    ] {
        let output = lingerd(server.folder(), &["copy", "--from", from, "--to", to], &[]).await;
        assert_refused(&output, reason);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("secret"), "no password is printed");
    }
    assert_eq!(lingerd(server.folder(), &["copy", "--from", source], &[]).await.status.code(), Some(2));
    assert!(!server.folder().join("var/other.db").exists() && !server.folder().join("var/none").exists());
}

#[tokio::test]
async fn a_missing_target_is_refused_in_one_line() {
    let Some(target) = Database::create().await else { return };
    let server = empty_chat().await;
    let (cluster, _) = target.url.rsplit_once('/').unwrap();
    let output = copy(server.folder(), &Database { url: format!("{cluster}/not_there") }).await;
    assert_refused(&output, "the target cannot be reached");
    assert_refused(&output, "not_there");
}

#[tokio::test]
async fn a_source_in_use_is_refused() {
    let Some(target) = Database::create().await else { return };
    let server = TestServer::start_with(&ON_SQLITE).await;
    assert_refused(&copy(server.folder(), &target).await, "another process uses var/linger.db: stop the server first");
    assert_eq!(server.guest("alice").await.name, "alice", "the server is not affected");
}

#[tokio::test]
async fn a_source_of_another_version_is_refused_and_not_changed() {
    let Some(target) = Database::create().await else { return };
    let server = empty_chat().await;
    let newest = "(select max(version) from _sqlx_migrations)";
    for (change, reason) in [
        ("update _sqlx_migrations set version = version + 1000 where version = NEWEST", "does not know"),
        ("delete from _sqlx_migrations where version = NEWEST", "start this lingerd on the source once"),
        ("create table other (id integer primary key)", "the table other is not the same on both sides"),
        ("alter table users add column other text", "the table users is not the same on both sides"),
        ("drop table _sqlx_migrations", "cannot be read"),
    ] {
        let copy_of_file = tempfile::tempdir().unwrap();
        std::fs::create_dir(copy_of_file.path().join("var")).unwrap();
        std::fs::copy(server.folder().join("var/linger.db"), copy_of_file.path().join("var/linger.db")).unwrap();
        let mut source = open_source(copy_of_file.path()).await;
        sqlx::query(AssertSqlSafe(change.replace("NEWEST", newest))).execute(&mut source).await.unwrap();
        drop(source);
        assert_refused(&copy(copy_of_file.path(), &target).await, reason);
    }
    copied(server.folder(), &target).await;
}

#[tokio::test]
async fn a_target_with_users_of_its_own_is_refused_and_not_changed() {
    let Some(target) = Database::create().await else { return };
    let (mut server, mut other) = (TestServer::start_with(&ON_SQLITE).await, TestServer::start_with(&ON_SQLITE).await);
    server.guest("alice").await;
    other.guest("bob").await;
    assert!(server.stop().await.success() && other.stop().await.success());
    copied(other.folder(), &target).await;
    let refused = copy(server.folder(), &target).await;
    assert_refused(&refused, "the target has been used, it has 1 users of its own");
    assert_eq!(target.rows::<(String,)>("select name from users").await, [("bob".to_owned(),)]);
}

#[tokio::test]
async fn a_target_in_use_is_refused() {
    let Some(target) = Database::create().await else { return };
    let server = empty_chat().await;
    target.make_tables().await;
    target.run("insert into nodes values (1, extract(epoch from now()) * 1000)").await;
    assert!(refusal(&copy(server.folder(), &target).await).contains("a server uses the target"));
    target.run("update nodes set seen_at = seen_at - 61000").await;
    copied(server.folder(), &target).await;
}
