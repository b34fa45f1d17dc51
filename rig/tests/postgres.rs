//! A cluster is created, killed, restarted and removed.

use std::process::Stdio;
use std::time::{Duration, Instant};

use linger_rig::postgres::{Cluster, create_database};
use sqlx::{Connection, Executor, PgConnection};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

async fn number(url: &str, query: &'static str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test]
async fn committed_data_survives_sigkill_and_a_new_database_is_empty() {
    let mut cluster = Cluster::start().await.unwrap();
    let url = cluster.create_database().await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection.execute("create table kept (n bigint)").await.unwrap();
    connection.execute("insert into kept values (7)").await.unwrap();
    let mut idle = PgConnection::connect(&url).await.unwrap();
    cluster.kill().await.unwrap();
    assert!(idle.ping().await.is_err(), "no process survives");
    assert!(PgConnection::connect(&url).await.is_err());
    cluster.start_again().await.unwrap();
    assert_eq!(number(&url, "select n from kept").await, 7);
    let other = create_database(&url).await.unwrap();
    assert_ne!(other, url);
    assert_eq!(number(&other, "select count(*) from pg_class where relname = 'kept'").await, 0);
    assert!(cluster.stop().await.unwrap().success());
    cluster.start_again().await.unwrap();
    assert_eq!(number(&url, "select n from kept").await, 7);
}

#[tokio::test]
async fn durability_settings_are_the_defaults_unless_overridden() {
    let durable = "select count(*) from pg_settings
                   where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'on'";
    let cluster = Cluster::start().await.unwrap();
    assert_eq!(number(&cluster.base_url(), durable).await, 3);
    let fast = Cluster::start_with(&["fsync=off", "synchronous_commit=off"]).await.unwrap();
    assert_eq!(number(&fast.base_url(), durable).await, 1);
}

#[tokio::test]
async fn a_command_gets_a_cluster_and_its_exit_status_is_returned() {
    let run = async |script: &str| {
        let mut rig = Command::new(env!("CARGO_BIN_EXE_linger-rig"));
        rig.args(["postgres", "--", "sh", "-c", script]).stdin(Stdio::null());
        rig.output().await.unwrap()
    };
    let output = run("echo $LINGER_TEST_POSTGRES; exit 7").await;
    assert_eq!(output.status.code(), Some(7));
    let url = String::from_utf8(output.stdout).unwrap();
    assert!(url.starts_with("postgres://"), "{url}");
    assert!(PgConnection::connect(url.trim()).await.is_err(), "the cluster ends with the command");
    assert_eq!(run("kill -9 $$").await.status.code(), Some(128 + 9));
}

#[tokio::test]
async fn a_cluster_ends_when_its_owner_is_killed() {
    let mut owner = Command::new(env!("CARGO_BIN_EXE_linger-rig"));
    owner.args(["postgres", "--", "sh", "-c", "echo $LINGER_TEST_POSTGRES; read -r end"]);
    let mut owner = owner.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let url = lines.next_line().await.unwrap().expect("the command prints the URL");
    let folder: String = {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        sqlx::query_scalar("show data_directory").fetch_one(&mut connection).await.unwrap()
    };
    owner.kill().await.unwrap();
    let begun = Instant::now();
    while PgConnection::connect(&url).await.is_ok() || std::path::Path::new(&folder).exists() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{folder} is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
