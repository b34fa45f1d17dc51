//! Invitations, and codes that sign in one user.

use linger_api::{CreateInvite, Invite, OneTimeCode, schema};
use rocket::http::Status;
use rocket::{Route, State, delete, get, post, routes};
use utoipa::OpenApi;

use crate::accounts::limits;
use crate::app::App;
use crate::app::codes::Maker;
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::http::description::refused;
use crate::http::request::{Body, Caller, ClientOrigin, Host, Listing, Query, Signed};
use crate::http::response::{Answer, Listed};

pub(super) fn routes() -> Vec<Route> {
    routes![invite, list, revoke, device_code, recovery_code]
}

#[derive(OpenApi)]
#[openapi(paths(invite, list, revoke, device_code, recovery_code), tags((name = "The door", description = "Who may come in, and by which code.")))]
pub(super) struct Described;

/// Makes an invitation: a code by which users come in who could not otherwise.
///
/// Administrators invite, and with the setting `invites = "members"` every user but guests. Users who come by the
/// invitation join the rooms that it names: public rooms, or private ones that the caller owns. The code is in this
/// answer only.
#[utoipa::path(
    operation_id = "create_invite",
    request_body = Option<CreateInvite>,
    responses(
        (status = 201, description = "The invitation, with its code.", body = Invite),
        refused::Forbidden,
        refused::NotFound,
        refused::TooManyRequests,
    ),
)]
#[post("/invites", data = "<wanted>")]
async fn invite(
    app: &State<App>,
    signed: Signed,
    host: Host,
    wanted: Body<CreateInvite>,
) -> Result<Answer<Invite>, Problem> {
    app.take_share(&signed.0, limits::MAKE_CODE)?;
    let maker = Maker::of(&signed.0, &host.0);
    let invite = app.invite(&maker, wanted.0.unwrap_or_default()).await?;
    Ok(Answer(Status::Created, invite))
}

/// Lists the caller's invitations that still work, ordered by id; for an administrator, those of all users.
#[utoipa::path(operation_id = "list_invites", params(Listing), responses(Listed<Invite>))]
#[get("/invites")]
async fn list(app: &State<App>, signed: Signed, query: Query<Listing>) -> Result<Listed<Invite>, Problem> {
    let limit = query.0.limit()?;
    let invites = app.list_invites(signed.0.id(), query.0.after(), limit + 1).await?;
    Ok(Listed::page(invites, limit as usize, "/invites", |last: &Invite| format!("after={}", last.id)))
}

/// Revokes an invitation: nobody comes in by it any longer. Users revoke their own, administrators any.
#[utoipa::path(
    operation_id = "revoke_invite",
    params(("id" = schema::InviteId, Path, description = "The invitation's id.")),
    responses(
        (status = 204, description = "The invitation works no longer."),
        refused::NotFound,
        refused::TooManyRequests,
    ),
)]
#[delete("/invites/<id>")]
async fn revoke(app: &State<App>, signed: Signed, host: Host, id: i64) -> Result<Status, Problem> {
    app.take_share(&signed.0, limits::MAKE_CODE)?;
    app.revoke_invite(&Maker::of(&signed.0, &host.0), id).await?;
    Ok(Status::NoContent)
}

/// Makes a code by which the caller signs in on another device, once, within 10 minutes.
///
/// `POST /connect` with the code and nothing else signs in. A guest can thereby use a second device, too.
#[utoipa::path(
    operation_id = "create_device_code",
    responses((status = 201, description = "The code.", body = OneTimeCode), refused::TooManyRequests),
)]
#[post("/me/code")]
async fn device_code(
    app: &State<App>,
    caller: Caller,
    from: ClientOrigin,
    host: Host,
) -> Result<Answer<OneTimeCode>, Problem> {
    app.limits.changes.take_weighted(&caller.user.id, limits::MAKE_CODE)?;
    let maker = Maker { user: Some(&caller.user), from: &from.0, host: &host.0 };
    Ok(Answer(Status::Created, app.make_device_code(&maker, &caller).await?))
}

/// Makes a code by which a user comes in who has forgotten the password, once, within a day. For administrators.
///
/// Using the code ends the user's other sessions. The session that it opens may set a password once without the old
/// one.
#[utoipa::path(
    operation_id = "create_recovery_code",
    params(Name),
    responses(
        (status = 201, description = "The code.", body = OneTimeCode),
        refused::Forbidden,
        refused::NotFound,
        refused::TooManyRequests,
    ),
)]
#[post("/users/<name>/code")]
async fn recovery_code(
    app: &State<App>,
    signed: Signed,
    host: Host,
    name: Name,
) -> Result<Answer<OneTimeCode>, Problem> {
    app.take_share(&signed.0, limits::MAKE_CODE)?;
    let maker = Maker::of(&signed.0, &host.0);
    Ok(Answer(Status::Created, app.make_recovery_code(&maker, &name).await?))
}
