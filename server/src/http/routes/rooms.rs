//! Rooms: listing, creating, joining and leaving them, their history, posting and last-read positions.

use linger_api::{CreateRoom, MarkRead, PostMessage, Room};
use rocket::http::Status;
use rocket::{Route, State, get, post, routes};
use utoipa::OpenApi;

use crate::accounts::limits;
use crate::app::{App, NewMessage};
use crate::domain::clock;
use crate::domain::ids::{self, GENERAL_ROOM};
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::domain::text::Text;
use crate::http::description::refused;
use crate::http::request::HistoryQuery;
use crate::http::request::{Caller, Host, IdempotencyKey, Json, Listing, Query, seq_of};
use crate::http::response::{Answer, Created, HistoryPage, Listed, Posted};
use crate::store::{self, RoomCounts};

pub(super) fn routes() -> Vec<Route> {
    routes![list, create, show, join, leave, history, post_message, mark_read]
}

#[derive(OpenApi)]
#[openapi(paths(list, create, show, join, leave, history, post_message, mark_read), tags((name = "Rooms", description = "Listing, creating, joining and leaving rooms; their messages and last-read positions.")))]
pub(super) struct Described;

/// Lists all rooms, ordered by id.
#[utoipa::path(
    operation_id = "list_rooms",
    params(Listing),
    responses(Listed<Room>),
)]
#[get("/rooms")]
async fn list(app: &State<App>, caller: Caller, query: Query<Listing>) -> Result<Listed<Room>, Problem> {
    let limit = query.0.limit()?;
    let rooms = app.store.list_rooms(query.0.after(), limit + 1).await?;
    let rooms = rooms.into_iter().map(|room| seen_by(&caller, room)).collect();
    Ok(Listed::page(rooms, limit as usize, "/rooms", |last: &Room| format!("after={}", last.id)))
}

/// Creates a room and joins the caller to it.
#[utoipa::path(
    operation_id = "create_room",
    params(IdempotencyKey),
    request_body = CreateRoom,
    responses(Created<Room>, refused::KeyReused, refused::NameTaken, refused::TooManyRequests),
)]
#[post("/rooms", data = "<room>")]
async fn create(
    app: &State<App>,
    caller: Caller,
    host: Host,
    key: IdempotencyKey,
    room: Json<CreateRoom>,
) -> Result<Created<Room>, Problem> {
    let name = Name::parse_field("name", &room.0.name)?;
    app.limits.changes.take_weighted(&caller.user.id, limits::CREATE_ROOM)?;
    let limits = &app.settings.limits;
    let most = RoomCounts { created: limits.rooms_per_user.into(), joined: limits.joined_rooms_per_user.into() };
    let id = app.journal.create_room(name.as_str().to_owned(), caller.user.id, key.0, most).await?;
    let room = app.store.find_room(id).await?.ok_or_else(Problem::not_found)?;
    Ok(Created(format!("{}/room/{id}", host.0), seen_by(&caller, room)))
}

/// Returns one room.
#[utoipa::path(
    operation_id = "show_room",
    responses((status = 200, description = "The room.", body = Room), refused::NotFound),
)]
#[get("/room/<id>")]
async fn show(app: &State<App>, caller: Caller, id: i64) -> Result<Answer<Room>, Problem> {
    let room = app.store.find_room(id).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer(Status::Ok, seen_by(&caller, room)))
}

/// Joins a room: from now on, `/poll` returns its messages. Earlier messages are in its history.
#[utoipa::path(
    operation_id = "join_room",
    responses(
        (status = 204, description = "The caller is a member of the room."),
        refused::NotFound,
        refused::TooManyRequests,
    ),
)]
#[post("/room/<id>/join")]
async fn join(app: &State<App>, caller: Caller, id: i64) -> Result<Status, Problem> {
    let room = app.rooms.find(id).await?;
    app.limits.changes.take_weighted(&caller.user.id, limits::JOIN_OR_LEAVE)?;
    let most = app.settings.limits.joined_rooms_per_user.into();
    app.journal.join(caller.user.id, room.to_ref(), most).await?;
    Ok(Status::NoContent)
}

/// Leaves a room. `general` cannot be left.
#[utoipa::path(
    operation_id = "leave_room",
    responses(
        (status = 204, description = "The caller is not a member of the room."),
        refused::NotFound,
        refused::CannotLeaveGeneral,
        refused::TooManyRequests,
    ),
)]
#[post("/room/<id>/leave")]
async fn leave(app: &State<App>, caller: Caller, id: i64) -> Result<Status, Problem> {
    if id == GENERAL_ROOM {
        return Err(Problem::cannot_leave_general());
    }
    let room = app.rooms.find(id).await?;
    app.limits.changes.take_weighted(&caller.user.id, limits::JOIN_OR_LEAVE)?;
    app.journal.leave(caller.user.id, room.to_ref()).await?;
    Ok(Status::NoContent)
}

/// Returns a page of a room's history, joined or not; without parameters, the newest page.
#[utoipa::path(operation_id = "room_history", params(HistoryQuery), responses(HistoryPage, refused::NotFound))]
#[get("/room/<id>/messages")]
async fn history(
    app: &State<App>,
    _caller: Caller,
    id: i64,
    query: Query<HistoryQuery>,
) -> Result<HistoryPage, Problem> {
    let room = app.rooms.find(id).await?;
    let (range, limit) = query.0.part()?;
    let history = app.read_history(room.conversation_id, range, limit).await?;
    Ok(HistoryPage::new(history, &format!("/room/{id}/messages"), query.0.given_limit()))
}

/// Sends a message to a room, by the room's id. The caller need not have joined it.
#[utoipa::path(
    operation_id = "post_to_room",
    params(IdempotencyKey),
    request_body = PostMessage,
    responses(Posted, refused::NotFound),
)]
#[post("/room/<id>/messages", data = "<message>")]
async fn post_message(
    app: &State<App>,
    caller: Caller,
    id: i64,
    key: IdempotencyKey,
    message: Json<PostMessage>,
) -> Result<Posted, Problem> {
    let message = message.0;
    let (text, reply_to) = (Text::parse(message.text)?, message.reply_to);
    let room = app.rooms.find(id).await?;
    app.post_to_room(&caller, &room, NewMessage { text, reply_to, key: key.0 }).await.map(Posted)
}

/// Sets the caller's last-read position in a joined room, forward or back.
///
/// A `seq` beyond the newest message means the newest.
#[utoipa::path(
    operation_id = "mark_room_read",
    request_body = MarkRead,
    responses(
        (status = 204, description = "The position is on disk."),
        refused::NotFound,
        refused::NotJoined,
        refused::TooManyRequests,
    ),
)]
#[post("/room/<id>/read", data = "<mark>")]
async fn mark_read(app: &State<App>, caller: Caller, id: i64, mark: Json<MarkRead>) -> Result<Status, Problem> {
    let room = app.rooms.find(id).await?;
    match app.set_last_read(&caller, room.conversation_id, seq_of(mark.0.seq)?, mark.0.only_forward).await? {
        true => Ok(Status::NoContent),
        false => Err(Problem::not_joined()),
    }
}

fn seen_by(caller: &Caller, room: store::Room) -> Room {
    let last_read = caller.inbox.last_read(room.conversation_id);
    Room {
        id: room.id,
        name: room.name,
        created_by: room.created_by,
        created_at: clock::rfc3339(room.created_at),
        joined: last_read.is_some(),
        unread: last_read.map_or(0, |last_read| ids::unread(room.newest_seq, last_read)),
        members: room.members,
    }
}
