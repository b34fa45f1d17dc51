//! `/users`: all users, or those who are online.

use linger_api::UserPresence;
use rocket::{Route, State, get, routes};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};

use crate::app::App;
use crate::domain::ids::UserId;
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::http::request::{Caller, Listing, Query};
use crate::http::response::Listed;

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
    /// Only the users with these names, separated by commas; at most 500. Unknown names are left out.
    #[param(
        nullable = false,
        pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,31}(,[A-Za-z0-9][A-Za-z0-9_-]{0,31}){0,499}$",
        example = "alice,bob"
    )]
    names: Option<String>,
}

/// The most names in one request.
const MAX_NAMES: usize = 500;

impl Parameters {
    /// Returns the names that were asked for.
    ///
    /// # Errors
    /// 400 if one is not a name, or if there are too many.
    fn names(&self) -> Result<Option<Vec<String>>, Problem> {
        let Some(names) = &self.names else { return Ok(None) };
        let names: Result<Vec<_>, _> =
            names.split(',').map(|name| Name::parse_field("names", name).map(|name| name.to_string())).collect();
        match names? {
            names if names.len() > MAX_NAMES => Err(Problem::bad_field("names", "names must be at most 500.")),
            names => Ok(Some(names)),
        }
    }
}

/// Lists users, ordered by id: all of them, or with `online=true` only those who are online, or with `names` only
/// these.
#[utoipa::path(
    operation_id = "list_users",
    params(Parameters, Listing),
    responses(Listed<UserPresence>),
)]
#[get("/users")]
async fn list(
    app: &State<App>,
    _caller: Caller,
    filter: Query<Parameters>,
    page: Query<Listing>,
) -> Result<Listed<UserPresence>, Problem> {
    let (after, limit, filter) = (page.0.after(), page.0.limit()?, filter.0);
    let names = filter.names()?;
    let only_online = filter.online.unwrap_or(false);
    let online = app.list_online().await?;
    let is_online = |id: UserId| online.binary_search(&id).is_ok();
    // One more shows whether there is a next page.
    let most = limit + 1;
    let users = match &names {
        Some(names) => {
            let mut users = app.store.list_users_named(names).await?;
            users.retain(|user| user.id > after && (!only_online || is_online(user.id)));
            users
        }
        None if only_online => {
            let wanted: Vec<_> = online.iter().copied().filter(|&id| id > after).take(most as usize).collect();
            app.store.list_users_with_ids(&wanted).await?
        }
        None => app.store.list_users(after, most).await?,
    };
    let presence = |user: crate::store::User| UserPresence { online: is_online(user.id), id: user.id, name: user.name };
    let users = users.into_iter().map(presence).collect();
    Ok(Listed::page(users, limit as usize, "/users", |last: &UserPresence| {
        let online = if only_online { "&online=true" } else { "" };
        let names = names.iter().map(|names| format!("&names={}", names.join(","))).collect::<String>();
        format!("after={}{online}{names}", last.id)
    }))
}
