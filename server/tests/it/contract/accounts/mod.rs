//! Accounts: guests, passwords, tokens, sessions, key rotation and rate limits.

mod addresses;
mod administration;
mod away;
mod guests;
mod keys;
pub(crate) mod leaving;
mod limits;
mod own;
mod passwords;
mod pausing;
mod proof;
pub(crate) mod renewal;
mod rotation;
mod sessions;
pub(crate) mod tokens;

use linger_api::Connected;
use reqwest::Response;
use rocket::futures::future::BoxFuture;
use sqlx::{Connection, SqliteConnection};

use crate::contract::metrics::scrape;
use crate::harness::{Client, TestServer, User, until};

/// Returns the status and body of an answer to `/connect`.
async fn connected(response: Response) -> (u16, Connected) {
    (response.status().as_u16(), response.json().await.unwrap())
}

/// Makes requests to a server on SQLite whose writes become one transaction, in this order.
async fn in_one_transaction<T: Send + 'static, const N: usize>(
    server: &TestServer,
    requests: [BoxFuture<'static, T>; N],
) -> Vec<T> {
    let mut database = SqliteConnection::connect(&server.database_url()).await.unwrap();
    sqlx::query("begin immediate").execute(&mut database).await.unwrap();
    // A health check reads first, then begins a transaction, which waits for the lock.
    // Requests that queue up meanwhile become part of that transaction.
    let queries = async || scrape(server).await.value("linger_queries_total", &[]);
    let before = queries().await;
    let health = Client::new().get(server.url("/health"));
    let check = tokio::spawn(async move { health.send().await.unwrap().status() });
    until("the transaction waits", async || queries().await >= before + 2.0).await;
    let mut queued = Vec::new();
    for (length, request) in (1..).zip(requests) {
        queued.push(tokio::spawn(request));
        let queue_length = async || scrape(server).await.value("linger_journal_queue_entries", &[]);
        until("the request is queued", async || queue_length().await == f64::from(length)).await;
    }
    sqlx::query("rollback").execute(&mut database).await.unwrap();
    assert_eq!(check.await.unwrap(), 200);
    let mut answers = Vec::new();
    for request in queued {
        answers.push(request.await.unwrap());
    }
    answers
}

/// Returns the names of all users.
async fn user_names(user: &User) -> Vec<String> {
    let users = user.get_json("/users").await;
    let names = users.as_array().unwrap().iter().map(|user| user["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}
