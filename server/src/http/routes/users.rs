//! `/users`: all users, or those who are online, and what administrators do to them.

use linger_api::{AddUser, AddedUser, EditUser, Fate, UserPresence};
use rocket::http::Status;
use rocket::{Route, State, delete, get, patch, post, routes};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};

use crate::accounts::Actor;
use crate::app::App;
use crate::app::people::person;
use crate::domain::ids::UserId;
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::http::description::refused;
use crate::http::request::{Authority, Beginning, Host, Json, Listing, Query, Signed, prefix_in_link};
use crate::http::response::{Answer, Listed};
use crate::store::Profile;

pub(super) fn routes() -> Vec<Route> {
    routes![list, show, add, change, remove]
}

#[derive(OpenApi)]
#[openapi(paths(list, show, add, change, remove), tags((name = "Users and status", description = "Users, and the state of the server.")))]
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
            names if names.len() > MAX_NAMES => Err(Problem::bad_field("names", "names must list at most 500 names.")),
            names => Ok(Some(names)),
        }
    }
}

/// Lists users, ordered by id: all of them, or with `online=true` only those who are online, with `names` only these,
/// with `prefix` only those whose names begin like it.
///
/// A guest sees only the users with whom it shares a room or a direct conversation.
#[utoipa::path(
    operation_id = "list_users",
    params(Parameters, Beginning, Listing),
    responses(Listed<UserPresence>),
)]
#[get("/users")]
async fn list(
    app: &State<App>,
    caller: Signed,
    filter: Query<Parameters>,
    beginning: Query<Beginning>,
    page: Query<Listing>,
) -> Result<Listed<UserPresence>, Problem> {
    let (after, limit, filter) = (page.0.after(), page.0.limit()?, filter.0);
    let names = filter.names()?;
    let prefix = beginning.0.prefix()?;
    let guest = guest_of(app, &caller.0).await?;
    let only_online = filter.online.unwrap_or(false);
    let online = app.list_online().await?;
    let is_online = |id: UserId| online.binary_search(&id).is_ok();
    // One more shows whether there is a next page.
    let most = limit + 1;
    let users = match &names {
        Some(names) => {
            let mut users = app.store.list_profiles_named(names).await?;
            users.retain(|Profile { user, .. }| {
                user.id > after && user.name.starts_with(&prefix) && (!only_online || is_online(user.id))
            });
            if let Some(guest) = guest {
                let ids: Vec<_> = users.iter().map(|Profile { user, .. }| user.id).collect();
                let known = app.store.list_known_to(guest, &ids).await?;
                users.retain(|Profile { user, .. }| known.binary_search(&user.id).is_ok());
            }
            users
        }
        None if only_online => {
            let mut wanted: Vec<_> = online.iter().copied().filter(|&id| id > after).collect();
            if let Some(guest) = guest {
                wanted = app.store.list_known_to(guest, &wanted).await?;
            }
            if prefix.is_empty() {
                wanted.truncate(most as usize);
            }
            let mut users = app.store.list_profiles_with_ids(&wanted).await?;
            users.retain(|Profile { user, .. }| user.name.starts_with(&prefix));
            users.truncate(most as usize);
            users
        }
        None => match guest {
            Some(guest) => {
                let around = app.store.list_users_around(guest, after, &prefix, most).await?;
                app.store.list_profiles_with_ids(&around).await?
            }
            None => app.store.list_profiles(after, &prefix, most).await?,
        },
    };
    let presence = |profile: Profile| {
        let online = is_online(profile.user.id);
        person(profile, online)
    };
    let users = users.into_iter().map(presence).collect();
    Ok(Listed::page(users, limit as usize, "/users", |last: &UserPresence| {
        let online = if only_online { "&online=true" } else { "" };
        let names = names.iter().map(|names| format!("&names={}", names.join(","))).collect::<String>();
        let begin = prefix_in_link(&prefix);
        format!("after={}{online}{names}{begin}", last.id)
    }))
}

/// Returns the caller's id if the caller is a guest, who does not see all users.
async fn guest_of(app: &App, caller: &Actor) -> Result<Option<UserId>, Problem> {
    match &caller.user {
        Some(user) if app.is_guest(user).await? => Ok(Some(user.id)),
        _ => Ok(None),
    }
}

/// Returns a user. A guest sees only users with whom it shares a room or a direct conversation.
#[utoipa::path(
    operation_id = "show_user",
    params(("name" = linger_api::schema::NameToFold, Path, description = "The user's name.")),
    responses((status = 200, description = "The user.", body = UserPresence), refused::NotFound),
)]
#[get("/users/<name>")]
async fn show(app: &State<App>, caller: Signed, name: Name) -> Result<Answer<UserPresence>, Problem> {
    let person = app.find_person(&name).await?;
    if let Some(guest) = guest_of(app, &caller.0).await?
        && app.store.list_known_to(guest, &[person.id]).await?.is_empty()
    {
        return Err(Problem::not_found());
    }
    Ok(Answer(Status::Ok, person))
}

/// Adds an account. For administrators.
///
/// Without a password, the answer has a code by which the user comes in once and sets one, as of
/// `POST /users/{name}/code`.
#[utoipa::path(
    operation_id = "add_user",
    responses(
        (status = 201, description = "The new user, who has joined `general`.", body = AddedUser),
        refused::NameTaken,
        refused::TooManyRequests,
    ),
)]
#[post("/users", data = "<body>")]
async fn add(
    app: &State<App>,
    authority: Authority,
    host: Host,
    body: Json<AddUser>,
) -> Result<Answer<AddedUser>, Problem> {
    let AddUser { name, password } = body.0;
    let name = Name::parse_field("name", &name)?;
    let (id, code) = app.add_person(&authority.0, &host.0, &name, password).await?;
    Ok(Answer(Status::Created, AddedUser { id, name: name.to_string(), code }))
}

/// Disables a user or enables the user again, and gives a role. For administrators.
///
/// Disabling ends every session of the user within a second, on every node, together with the requests that they hold,
/// and refuses sign-in. The last administrator who can sign in stays one.
#[utoipa::path(
    operation_id = "edit_user",
    params(("name" = linger_api::schema::NameToFold, Path, description = "The user's name.")),
    responses(
        (status = 200, description = "The user as of now.", body = UserPresence),
        refused::NotFound,
        refused::LastAdmin,
        refused::TooManyRequests,
    ),
)]
#[patch("/users/<name>", data = "<body>")]
async fn change(
    app: &State<App>,
    authority: Authority,
    name: Name,
    body: Json<EditUser>,
) -> Result<Answer<UserPresence>, Problem> {
    app.change_person(&authority.0, &name, body.0).await?;
    Ok(Answer(Status::Ok, app.find_person(&name).await?))
}

/// Unlike elsewhere, an unknown parameter is refused: messages that a typo has kept can no longer be erased.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Removal {
    /// What happens to the user's messages. They are kept by default.
    #[param(nullable = false)]
    messages: Option<Fate>,
}

/// Deletes a user. For administrators.
///
/// All sessions of the user end, and the name is never given out again. Messages that are kept are from `deleted-7`
/// from then on. Messages that are erased leave empty ones with their seqs, as deleting each would, and the user's
/// reactions go.
#[utoipa::path(
    operation_id = "delete_user",
    params(("name" = linger_api::schema::NameToFold, Path, description = "The user's name."), Removal),
    responses(
        (status = 204, description = "The user is deleted."),
        refused::NotFound,
        refused::LastAdmin,
        refused::TooManyRequests,
    ),
)]
#[delete("/users/<name>")]
async fn remove(app: &State<App>, authority: Authority, name: Name, query: Query<Removal>) -> Result<Status, Problem> {
    app.delete_person(&authority.0, &name, query.0.messages == Some(Fate::Erase)).await?;
    Ok(Status::NoContent)
}
