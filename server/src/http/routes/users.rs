//! `/users`: all users, or those who are online.

use linger_api::UserPresence;
use rocket::http::Status;
use rocket::{Route, State, get, routes};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};

use crate::app::App;
use crate::domain::problem::Problem;
use crate::http::request::{Caller, Listing, Query};
use crate::http::response::Answer;

pub(super) fn routes() -> Vec<Route> {
    routes![list]
}

#[derive(OpenApi)]
#[openapi(paths(list), tags((name = "Users and status", description = "Users, and the state of the server.")))]
pub(super) struct Described;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Parameters {
    /// `true` lists only users who are online: those who hold a request or made any call in the last minute.
    #[param(nullable = false)]
    online: Option<bool>,
}

/// Lists users, ordered by id: all of them, or with `online=true` only those who are online.
#[utoipa::path(
    operation_id = "list_users",
    params(Parameters, Listing),
    responses((status = 200, description = "A page of users.", body = Vec<UserPresence>)),
)]
#[get("/users")]
async fn list(
    app: &State<App>,
    _caller: Caller,
    filter: Query<Parameters>,
    page: Query<Listing>,
) -> Result<Answer<Vec<UserPresence>>, Problem> {
    let (after, limit) = (page.0.after(), page.0.limit()?);
    let online = app.list_online().await?;
    let users = if filter.0.online.unwrap_or(false) {
        let wanted: Vec<_> = online.iter().copied().filter(|&id| id > after).take(limit as usize).collect();
        app.store.list_users_with_ids(&wanted).await?
    } else {
        app.store.list_users(after, limit).await?
    };
    let presence = |user: crate::store::User| UserPresence {
        online: online.binary_search(&user.id).is_ok(),
        id: user.id,
        name: user.name,
    };
    Ok(Answer(Status::Ok, users.into_iter().map(presence).collect()))
}
