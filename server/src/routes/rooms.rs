//! Rooms: listing and creating them, joining and leaving, their history, posting and marking as read.

use linger_api::{CreateRoom, MarkRead, PostMessage, Room};
use rocket::http::Status;
use rocket::{Route, State, get, post, routes};

use crate::app::App;
use crate::clock;
use crate::history::HistoryQuery;
use crate::http::{Answer, Caller, Created, HistoryPage, Host, IdempotencyKey, Json, Listing, Posted, Query, seq_of};
use crate::ids::{GENERAL_ROOM, RoomId};
use crate::name::Name;
use crate::problem::Problem;
use crate::store;
use crate::text::Text;

pub(super) fn routes() -> Vec<Route> {
    routes![list, create, show, join, leave, history, post_message, mark_read]
}

/// Every room, by id.
#[get("/rooms")]
async fn list(app: &State<App>, caller: Caller, query: Query<Listing>) -> Result<Answer<Vec<Room>>, Problem> {
    let rooms = app.store.list_rooms(query.0.after(), query.0.limit()?).await?;
    Ok(Answer(Status::Ok, rooms.into_iter().map(|room| seen_by(&caller, room)).collect()))
}

#[post("/rooms", data = "<room>")]
async fn create(
    app: &State<App>,
    caller: Caller,
    host: Host,
    room: Json<CreateRoom>,
) -> Result<Created<Room>, Problem> {
    let name = Name::parse(&room.0.name)?;
    let created = app.journal.create_room(name.as_str().to_owned(), caller.user.id).await?;
    let id = created.ok_or_else(Problem::name_taken)?;
    let room = app.store.find_room(id).await?.ok_or_else(Problem::not_found)?;
    Ok(Created(format!("{}/room/{id}", host.0), seen_by(&caller, room)))
}

#[get("/room/<id>")]
async fn show(app: &State<App>, caller: Caller, id: RoomId) -> Result<Answer<Room>, Problem> {
    let room = app.store.find_room(id).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer(Status::Ok, seen_by(&caller, room)))
}

#[post("/room/<id>/join")]
async fn join(app: &State<App>, caller: Caller, id: RoomId) -> Result<Status, Problem> {
    let room = app.rooms.find(id).await?;
    app.journal.join(caller.user.id, room.conversation_id).await?;
    Ok(Status::NoContent)
}

#[post("/room/<id>/leave")]
async fn leave(app: &State<App>, caller: Caller, id: RoomId) -> Result<Status, Problem> {
    if id == GENERAL_ROOM {
        return Err(Problem::cannot_leave_general());
    }
    let room = app.rooms.find(id).await?;
    app.journal.leave(caller.user.id, room.conversation_id).await?;
    Ok(Status::NoContent)
}

#[get("/room/<id>/messages")]
async fn history(
    app: &State<App>,
    _caller: Caller,
    id: RoomId,
    query: Query<HistoryQuery>,
) -> Result<HistoryPage, Problem> {
    let room = app.rooms.find(id).await?;
    query.0.page(&app.store, room.conversation_id, &format!("/room/{id}/messages")).await
}

/// There is no need to join first.
#[post("/room/<id>/messages", data = "<message>")]
async fn post_message(
    app: &State<App>,
    caller: Caller,
    id: RoomId,
    key: IdempotencyKey,
    message: Json<PostMessage>,
) -> Result<Posted, Problem> {
    let text = Text::parse(message.0.text)?;
    let room = app.rooms.find(id).await?;
    app.post_to_room(&caller, &room, text, key).await
}

/// Sets the last-read position, back as well as forward; beyond the newest message is the newest.
#[post("/room/<id>/read", data = "<mark>")]
async fn mark_read(app: &State<App>, caller: Caller, id: RoomId, mark: Json<MarkRead>) -> Result<Status, Problem> {
    let room = app.rooms.find(id).await?;
    match app.set_last_read(&caller, room.conversation_id, seq_of(mark.0.seq)?).await? {
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
        unread: last_read.map_or(0, |last_read| (room.newest_seq - last_read).max(0)),
        members: room.members,
    }
}
