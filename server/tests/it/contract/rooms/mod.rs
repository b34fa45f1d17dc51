//! Rooms: creating, listing and changing them, memberships, roles, read positions and history; private rooms.

mod changing;
mod guests;
mod history;
mod listing;
mod members;
mod memberships;
mod posting;
mod private;
mod removed;

use crate::harness::{TestServer, User, database};

/// Makes a user an admin.
async fn make_admin(server: &TestServer, user: &User) {
    let sql = format!("update users set role = 'admin' where id = {}", user.id);
    database::execute(&server.database_url(), &sql).await;
}
