//! PostgreSQL settings and URLs with which the server refuses to start, each with one line of explanation.

use linger_rig::postgres::Cluster;

use super::{Shared, has_postgres};
use crate::harness::{assert_refused, database, lingerd};

async fn refusal(url: &str, reason: &str) {
    let folder = tempfile::tempdir().unwrap();
    let output = lingerd(folder.path(), &["--port", "0"], &[("DATABASE_URL", url)]).await;
    assert_refused(&output, reason);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("secret"), "no password is printed");
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
async fn unsafe_settings_in_the_url_are_refused_too() {
    if !has_postgres() {
        return;
    }
    let database = Shared::new().await.database;
    refusal(&format!("{database}?options=-c%20synchronous_commit=off"), "synchronous_commit").await;
}

#[tokio::test]
async fn an_unreachable_database_is_refused() {
    if !has_postgres() {
        return;
    }
    let (server, _) =
        database::cluster().rsplit_once('/').map(|(server, name)| (server.to_owned(), name.len())).unwrap();
    refusal(&format!("{server}/no_such_database"), "no_such_database").await;
    refusal("postgres://user:secret@127.0.0.1:port/chat", "not understood").await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    refusal(&format!("postgres://user:secret@127.0.0.1:{closed}/chat"), "refused").await;
    // This port accepts connections but never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    refusal(&format!("postgres://user:secret@{}/chat", silent.local_addr().unwrap()), "it does not answer").await;
}
