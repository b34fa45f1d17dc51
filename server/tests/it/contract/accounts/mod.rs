//! Coming in and going away: guests, passwords, tokens, sessions, and how often.

mod guests;
mod limits;
mod passwords;
mod rotation;
mod sessions;
pub mod tokens;

use linger_api::Connected;
use reqwest::Response;

use crate::harness::User;

/// What connecting was answered with.
async fn entered(response: Response) -> (u16, Connected) {
    (response.status().as_u16(), response.json().await.unwrap())
}

/// Everybody whom the server knows.
async fn user_names(user: &User) -> Vec<String> {
    let users = user.get_json("/users").await;
    let names = users.as_array().unwrap().iter().map(|user| user["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}
