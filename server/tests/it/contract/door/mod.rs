//! The door: what a stranger may know, and who may come in.

mod codes;
mod ended;
mod first_admin;
mod invitations;
mod registration;
mod sign_on;

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use reqwest::Response;
use serde_json::Value;

use crate::harness::{Client, TestServer, User, database};

/// Connects as a new account and makes it an administrator.
pub(crate) async fn admin(server: &TestServer, name: &str) -> User {
    // By hand, because an account may need an invitation here.
    let url = server.database_url();
    let password = format!("{name}'s password");
    let hash = Argon2::default().hash_password(password.as_bytes()).unwrap();
    let insert =
        format!("insert into users (name, password_hash, created_at, role) values ('{name}', '{hash}', 1, 'admin')");
    database::execute(&url, &insert).await;
    let join = format!(
        "insert into memberships (user_id, conversation_id, since_seq, last_read_seq)
         select u.id, r.conversation_id, 0, 0 from users u, rooms r where u.name = '{name}' and r.id = 1"
    );
    database::execute(&url, &join).await;
    database::execute(&url, "update rooms set members = members + 1 where id = 1").await;
    server.account(name, &password).await
}

async fn connect_with_key(server: &TestServer, key: &str, body: &Value) -> Response {
    let request = Client::new().post(server.url("/connect")).header("Idempotency-Key", key).json(body);
    request.send().await.unwrap()
}
