//! `/me`: the caller's own account and session.

use linger_api::Renewed;
use rocket::http::Status;
use rocket::{Route, State, post, routes};
use utoipa::OpenApi;

use crate::accounts::limits;
use crate::app::App;
use crate::domain::clock;
use crate::domain::problem::Problem;
use crate::http::description::refused;
use crate::http::request::Renewer;
use crate::http::response::Answer;

pub(super) fn routes() -> Vec<Route> {
    routes![renew_token]
}

#[derive(OpenApi)]
#[openapi(paths(renew_token), tags((name = "Sessions")))]
pub(super) struct Described;

/// Renews the caller's token: returns a new one for the same session, whose end moves with it.
///
/// The earlier token runs out within a minute, on every node. It can still be renewed again, then and later, until the new
/// token is first used, so a client that lost the answer repeats the call. Signing out ends all tokens of the session.
#[utoipa::path(
    responses((status = 200, description = "The new token.", body = Renewed), refused::TooManyRequests),
)]
#[post("/me/token")]
async fn renew_token(app: &State<App>, renewer: Renewer) -> Result<Answer<Renewed>, Problem> {
    let Renewer { session, generation, is_late } = renewer;
    app.limits.changes.take_weighted(&session.user.id, limits::RENEW_TOKEN)?;
    let (token, expires_ms) = app.accounts.renew(&session, generation, is_late).await?;
    Ok(Answer(Status::Ok, Renewed { token, expires_at: clock::rfc3339(expires_ms) }))
}
