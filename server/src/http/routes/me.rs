//! `/me`: the caller's own account and sessions.

use linger_api::{EditMe, Fate, LeaveChat, Me, Renewed, Role, SetPassword, SignedIn};
use rocket::http::Status;
use rocket::http::uri::Origin;
use rocket::{Route, State, delete, get, patch, post, put, routes};
use utoipa::OpenApi;

use crate::accounts::limits;
use crate::app::App;
use crate::domain::clock;
use crate::domain::problem::Problem;
use crate::domain::title::Title;
use crate::http::description::refused;
use crate::http::request::{Body, Caller, ClientOrigin, Json, Renewer};
use crate::http::response::Answer;
use crate::sessions::Session;
use crate::store;

pub(super) fn routes() -> Vec<Route> {
    routes![renew_token, go_away, show_me, edit_me, set_password, list_sessions, end_session, end_other_sessions, leave]
}

#[derive(OpenApi)]
#[openapi(
    paths(renew_token, go_away, show_me, edit_me, set_password, list_sessions, end_session, end_other_sessions, leave),
    tags((name = "Own account", description = "The caller's account and sessions."))
)]
pub(super) struct Described;

/// Renews the caller's token: returns a new one for the same session, whose end moves with it.
///
/// The earlier token runs out within a minute, on every node. It can still be renewed again, then and later, until the
/// new token is first used, so a client that lost the answer repeats the call. Signing out ends all tokens of the
/// session.
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

/// Says that the caller's client is gone, as a page does when its last tab closes.
///
/// Requests that the session holds on this node end as if nothing had come. The user is no longer online, unless there
/// is another session that holds a request or called in the last minute. The session stays signed in: with its next
/// call the user is online again.
#[utoipa::path(responses((status = 204, description = "The session counts as gone.")))]
#[post("/me/away")]
async fn go_away(caller: Caller) -> Status {
    caller.go_away();
    Status::NoContent
}

/// Returns the caller's account.
#[utoipa::path(responses((status = 200, description = "The account.", body = Me)))]
#[get("/me")]
async fn show_me(app: &State<App>, caller: Caller) -> Result<Answer<Me>, Problem> {
    Ok(Answer(Status::Ok, me(app, &caller).await?))
}

/// Changes the caller's display name. Fields that are left out stay as they are.
#[utoipa::path(
    responses((status = 200, description = "The account as it is now.", body = Me), refused::TooManyRequests),
)]
#[patch("/me", data = "<body>")]
async fn edit_me(app: &State<App>, caller: Caller, body: Json<EditMe>) -> Result<Answer<Me>, Problem> {
    if let Some(name) = body.0.display_name {
        let name = name.filter(|name| !name.is_empty());
        let name = name.map(|name| Title::parse("display_name", &name)).transpose()?;
        app.limits.changes.take_weighted(&caller.user.id, limits::EDIT_ME)?;
        app.journal.set_display_name(caller.user.id, name.map(Title::into_string)).await?;
    }
    Ok(Answer(Status::Ok, me(app, &caller).await?))
}

/// Sets the caller's password. All other sessions of the caller end, on every node, with the requests that they hold.
///
/// A guest has no old password, and becomes an account, if `registration` is `open`; otherwise the answer is 403. A
/// session that a recovery code opened may leave out the old password once. A wrong one counts like a failed sign-in.
#[utoipa::path(
    responses(
        (status = 204, description = "The password is set, and the other sessions have ended."),
        refused::WrongPassword,
        refused::TooManyRequests,
    ),
)]
#[put("/me/password", data = "<body>")]
async fn set_password(
    app: &State<App>,
    caller: Caller,
    from: ClientOrigin,
    body: Json<SetPassword>,
) -> Result<Status, Problem> {
    let SetPassword { old, new } = body.0;
    app.accounts.set_password(&caller, old, new, &from.0).await?;
    Ok(Status::NoContent)
}

/// Lists the caller's sessions, newest first.
#[utoipa::path(
    operation_id = "list_sessions",
    responses((status = 200, description = "The sessions that are signed in.", body = Vec<SignedIn>)),
)]
#[get("/me/sessions")]
async fn list_sessions(app: &State<App>, caller: Caller) -> Result<Answer<Vec<SignedIn>>, Problem> {
    let sessions = app.accounts.list_sessions(&caller).await?;
    Ok(Answer(Status::Ok, sessions.into_iter().map(|session| signed_in(session, &caller)).collect()))
}

/// Ends one of the caller's sessions, on every node within a second. Requests that it holds end with 401.
#[utoipa::path(
    params(("session" = linger_api::schema::SessionId, Path, description = "The session's id.")),
    responses(
        (status = 204, description = "The session has ended."),
        refused::NotFound,
        refused::TooManyRequests,
    ),
)]
#[delete("/me/sessions/<session>")]
async fn end_session(app: &State<App>, caller: Caller, from: ClientOrigin, session: &str) -> Result<Status, Problem> {
    app.accounts.end_session(&caller, session.to_owned(), &from.0).await?;
    Ok(Status::NoContent)
}

/// Ends all sessions of the caller but the present one, on every node within a second.
#[utoipa::path(
    responses(
        (status = 204, description = "The other sessions have ended."),
        refused::NotFound,
        refused::TooManyRequests,
    ),
)]
#[delete("/me/sessions")]
async fn end_other_sessions(
    app: &State<App>,
    caller: Caller,
    from: ClientOrigin,
    called: &Origin<'_>,
) -> Result<Status, Problem> {
    // To Rocket it is the same path. It was meant to end one session, by an id that turned out empty.
    if called.path().ends_with('/') {
        return Err(Problem::not_found());
    }
    app.accounts.end_other_sessions(&caller, &from.0).await?;
    Ok(Status::NoContent)
}

/// Deletes the caller's account. All its sessions end, and its name is never given out again.
///
/// Messages that are kept are from `deleted-7` from then on. Messages that are erased leave empty ones with their seqs,
/// as deleting each would, and the caller's reactions go.
#[utoipa::path(
    operation_id = "leave",
    request_body = Option<LeaveChat>,
    responses(
        (status = 204, description = "The account is deleted."),
        refused::WrongPassword,
        refused::LastAdmin,
        refused::TooManyRequests,
    ),
)]
#[delete("/me", data = "<body>")]
async fn leave(app: &State<App>, caller: Caller, from: ClientOrigin, body: Body<LeaveChat>) -> Result<Status, Problem> {
    let LeaveChat { password, messages } = body.0.unwrap_or_default();
    app.accounts.leave(&caller, password, messages == Fate::Erase, &from.0).await?;
    Ok(Status::NoContent)
}

async fn me(app: &App, session: &Session) -> Result<Me, Problem> {
    let profile = app.store.find_profile(session.user.id).await?.ok_or_else(Problem::unauthorized)?;
    let network = String::new();
    let credentials = app.store.find_credentials(&session.id, network).await?.ok_or_else(Problem::unauthorized)?;
    Ok(Me {
        id: profile.user.id,
        name: profile.user.name,
        display_name: profile.display_name,
        guest: profile.user.guest,
        role: if profile.is_admin { Role::Admin } else { Role::Member },
        created_at: clock::rfc3339(profile.created_at),
        may_set_password: credentials.may_set_password,
    })
}

fn signed_in(session: store::SignedIn, caller: &Session) -> SignedIn {
    let store::SignedIn { id, client, address, created_at, seen_at } = session;
    let current = id == caller.id;
    let last_seen_at = clock::rfc3339(seen_at.max(created_at));
    SignedIn { id, client, address, created_at: clock::rfc3339(created_at), last_seen_at, current }
}
