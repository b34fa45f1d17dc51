//! What a server on PostgreSQL refuses to start with, each in one plain line.

use std::time::{Duration, Instant};

use linger_rig::postgres::Cluster;

use super::{Shared, has_postgres};
use crate::harness::{assert_refused, database, lingerd};

async fn refusal(url: &str, why: &str) {
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let output = lingerd(folder.path(), &["--port", "0"], &[("DATABASE_URL", url)]).await;
    assert_refused(&output, why);
    assert!(began.elapsed() < Duration::from_secs(15), "{why}: {:?}", began.elapsed());
    assert!(!String::from_utf8_lossy(&output.stderr).contains("secret"), "a password is not shown");
}

#[tokio::test]
async fn a_cluster_that_could_lose_acknowledged_messages_is_refused() {
    if !has_postgres() {
        return;
    }
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        let cluster = Cluster::start_with(&[&format!("{setting}=off")]).await.unwrap();
        let database = cluster.create_database().await.unwrap();
        refusal(&database, &format!(r#"PostgreSQL has {setting} at "off", and linger needs "on""#)).await;
    }
}

#[tokio::test]
async fn settings_of_the_database_or_of_the_address_count_like_the_clusters() {
    if !has_postgres() {
        return;
    }
    let database = Shared::new().await.database;
    refusal(&format!("{database}?options=-c%20synchronous_commit=off"), "synchronous_commit").await;
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_refused() {
    if !has_postgres() {
        return;
    }
    let (server, _) =
        database::cluster().rsplit_once('/').map(|(server, name)| (server.to_owned(), name.len())).unwrap();
    refusal(&format!("{server}/nobody_made_this"), "nobody_made_this").await;
    refusal("postgres://somebody:secret@127.0.0.1:port/chat", "not understood").await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    refusal(&format!("postgres://somebody:secret@127.0.0.1:{nobody}/chat"), "refused").await;
    // Somebody listens, and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    refusal(&format!("postgres://somebody:secret@{}/chat", silent.local_addr().unwrap()), "it does not answer").await;
}
