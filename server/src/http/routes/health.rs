//! `/health`: whether this server works. Needs no token.

use std::time::Duration;

use linger_api::Health;
use rocket::http::Status;
use rocket::{Route, State, get, routes};
use utoipa::OpenApi;

use crate::app::App;
use crate::domain::problem::Problem;
use crate::http::description::refused;
use crate::http::response::Answer;

pub(super) fn routes() -> Vec<Route> {
    routes![health]
}

#[derive(OpenApi)]
#[openapi(paths(health), tags((name = "Users and status", description = "Users, and the state of the server.")))]
pub(super) struct Described;

/// A database that takes longer counts as unavailable.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Checks that the database can be read and written, and that everything in it could be read so far.
#[utoipa::path(
    security(()),
    responses((status = 200, description = "The server is healthy.", body = Health), refused::Unavailable),
)]
#[get("/health")]
async fn health(app: &State<App>) -> Result<Answer<Health>, Problem> {
    app.store.check_damage()?;
    // Reads a row, then has the journal commit a transaction.
    let reading = tokio::time::timeout(TIMEOUT, app.store.find_identity());
    reading.await.map_err(|_| Problem::unavailable())??;
    app.journal.check().await?;
    let ok = || "ok".to_owned();
    Ok(Answer(Status::Ok, Health { status: ok(), version: crate::domain::VERSION.to_owned(), database: ok() }))
}
