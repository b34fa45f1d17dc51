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
pub(crate) mod renewal;
mod rotation;
mod sessions;
pub(crate) mod tokens;

use linger_api::Connected;
use reqwest::Response;

use crate::harness::User;

/// Returns the status and body of an answer to `/connect`.
async fn connected(response: Response) -> (u16, Connected) {
    (response.status().as_u16(), response.json().await.unwrap())
}

/// Returns the names of all users.
async fn user_names(user: &User) -> Vec<String> {
    let users = user.get_json("/users").await;
    let names = users.as_array().unwrap().iter().map(|user| user["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}
