//! The role that the containers' database gives to the nodes (deploy/postgres).

use std::path::Path;

use linger_rig::postgres::Cluster;
use sqlx::{Connection, Executor, PgConnection};
use tempfile::NamedTempFile;
use tokio::process::Command;

use super::has_postgres;
use crate::harness::TestServer;

/// Runs the script as the image does, with the password of that file.
async fn run_script(cluster: &Cluster, password: &NamedTempFile) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/postgres/owner.sh");
    let mut command = Command::new(script);
    command.env("PGHOST", "127.0.0.1").env("PGPORT", cluster.port().to_string());
    command.env("POSTGRES_PASSWORD_FILE", password.path());
    let output = command.output().await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
}

fn password(text: &str) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

/// The address that the nodes use.
fn nodes(cluster: &Cluster) -> String {
    cluster.url("linger").replace("//postgres@", "//linger@")
}

/// Checks that `linger` owns everything in its database and may do nothing outside.
async fn assert_owner_only(cluster: &Cluster) {
    let mut linger = PgConnection::connect(&nodes(cluster)).await.unwrap();
    let sql = "select count(*) from pg_class where relnamespace = 'public'::regnamespace
               and relowner <> 'linger'::regrole";
    assert_eq!(sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut linger).await.unwrap(), 0);
    for forbidden in [
        "copy (select 1) to program 'true'",
        "create role another",
        "create database another",
        "alter role linger superuser",
        "select pg_read_file('postgresql.conf')",
    ] {
        let refused = linger.execute(forbidden).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().as_deref(), Some("42501"), "{forbidden}: {refused}");
    }
}

/// The stored form of a role's password, if it has one.
async fn stored_password(cluster: &Cluster, role: &str) -> Option<String> {
    let sql = "select rolpassword from pg_authid where rolname = $1";
    sqlx::query_scalar(sql).bind(role).fetch_one(&mut cluster.connect().await.unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_new_database_belongs_to_a_role_that_is_no_superuser() {
    if !has_postgres() {
        return;
    }
    let cluster = Cluster::start().await.unwrap();
    run_script(&cluster, &password("first")).await;
    let mut server = TestServer::start_with(&[("DATABASE_URL", &nodes(&cluster))]).await;
    server.guest("alice").await.say("general", "hello").await;
    assert_owner_only(&cluster).await;
    assert_eq!(stored_password(&cluster, "postgres").await, None, "the superuser cannot log in from outside");

    // The password was lost and another was generated.
    let before = stored_password(&cluster, "linger").await.unwrap();
    run_script(&cluster, &password("it's \"another\" $one\\")).await;
    assert_ne!(stored_password(&cluster, "linger").await.unwrap(), before);
    server.restart().await;
    assert_owner_only(&cluster).await;
}

#[tokio::test]
async fn a_volume_whose_nodes_were_superusers_is_kept_and_its_role_loses_that() {
    if !has_postgres() {
        return;
    }
    let cluster = Cluster::start().await.unwrap();
    // As 0.1 made them: the first role is the nodes'.
    let mut superuser = cluster.connect().await.unwrap();
    superuser.execute("create role first superuser login").await.unwrap();
    let mut first = PgConnection::connect(&cluster.base_url().replace("//postgres@", "//first@")).await.unwrap();
    superuser.close().await.unwrap();
    first.execute("alter role postgres rename to linger").await.unwrap();
    first.execute("create database linger owner linger").await.unwrap();
    first.close().await.unwrap();
    let mut server = TestServer::start_with(&[("DATABASE_URL", &nodes(&cluster))]).await;
    let alice = server.guest("alice").await;
    alice.say("general", "before").await;
    assert!(server.stop().await.success());

    run_script(&cluster, &password("secret")).await;
    cluster.connect().await.unwrap().execute("drop role first").await.unwrap();
    assert_owner_only(&cluster).await;
    server.start_again().await;
    alice.say("general", "after").await;
    assert_eq!(alice.history("/room/1/messages").await.len(), 2);
    run_script(&cluster, &password("secret")).await;
}
