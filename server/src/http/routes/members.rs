//! The members of a room and their roles.

use linger_api::{Member, SetMember};
use rocket::http::Status;
use rocket::{Route, State, delete, get, put, routes};
use utoipa::OpenApi;

use crate::app::App;
use crate::domain::name::Name;
use crate::domain::problem::{Kind, Problem};
use crate::domain::right::{Right, Role};
use crate::http::description::refused;
use crate::http::request::{Caller, ClientOrigin, Json, Listing, Query};
use crate::http::response::Listed;

pub(super) fn routes() -> Vec<Route> {
    routes![list, set, remove]
}

#[derive(OpenApi)]
#[openapi(paths(list, set, remove), tags((name = "Rooms")))]
pub(super) struct Described;

/// Lists the members of a room with their roles, ordered by id. Owners and admins also see the users who are banned.
///
/// Guests have to be in the room.
#[utoipa::path(
    operation_id = "list_members",
    params(Listing),
    responses(Listed<Member>, refused::Forbidden, refused::NotFound),
)]
#[get("/room/<id>/members")]
async fn list(app: &State<App>, caller: Caller, id: i64, page: Query<Listing>) -> Result<Listed<Member>, Problem> {
    let (after, limit) = (page.0.after(), page.0.limit()?);
    let room = app.find_room(&caller, id).await?;
    if caller.inbox.role(room.conversation).is_none() && app.is_guest(&caller.user).await? {
        // Guests see only the users with whom they share a room.
        return Err(Problem::not_allowed());
    }
    let manages = match app.check_right(&caller, &room, Right::Manage).await {
        Ok(()) => true,
        Err(problem) if problem.kind == Kind::Forbidden => false,
        Err(problem) => return Err(problem),
    };
    let members = app.store.list_members(room.conversation, after, limit + 1, manages).await?;
    app.check_seen(&caller, &room).await?;
    let member =
        |member: crate::store::RoomMember| Member { id: member.id, name: member.name, role: member.role.into() };
    let members = members.into_iter().map(member).collect();
    Ok(Listed::page(members, limit as usize, &format!("/room/{id}/members"), |last: &Member| {
        format!("after={}", last.id)
    }))
}

/// Gives a user a role in a room, and adds the user if need be: by its owners and by admins. Repeating the call changes
/// nothing.
///
/// `banned` removes the user, who then cannot join and, in a public room, cannot post. The last owner stays one. An
/// admin who is not in a private room may do nothing there but add themself.
#[utoipa::path(
    tag = "Rooms",
    operation_id = "set_member",
    params(Name),
    request_body = SetMember,
    responses(
        (status = 204, description = "The user has this role."),
        refused::Forbidden,
        refused::NotFound,
        refused::CannotLeave,
        refused::TooManyRequests,
    ),
)]
#[put("/room/<id>/members/<name>", data = "<member>")]
async fn set(
    app: &State<App>,
    caller: Caller,
    id: i64,
    name: Name,
    from: ClientOrigin,
    member: Json<SetMember>,
) -> Result<Status, Problem> {
    app.set_member(&caller, from.0.address, id, &name, Some(Role::from(member.0.role))).await?;
    Ok(Status::NoContent)
}

/// Removes a user from a room, or lifts a ban: by its owners and by admins. Repeating the call changes nothing.
///
/// From then on, nothing of a private room reaches the user, and what they hold there ends. The last owner stays.
#[utoipa::path(
    tag = "Rooms",
    operation_id = "remove_member",
    params(Name),
    responses(
        (status = 204, description = "The user is neither a member nor banned."),
        refused::Forbidden,
        refused::NotFound,
        refused::CannotLeave,
        refused::TooManyRequests,
    ),
)]
#[delete("/room/<id>/members/<name>")]
async fn remove(app: &State<App>, caller: Caller, id: i64, name: Name, from: ClientOrigin) -> Result<Status, Problem> {
    app.set_member(&caller, from.0.address, id, &name, None).await?;
    Ok(Status::NoContent)
}
