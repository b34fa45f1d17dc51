//! Rooms: listing, creating, changing, joining and leaving them, their history, posting and last-read positions.

use linger_api::{ChangeRoom, CreateRoom, MarkRead, PostMessage, Room, schema};
use rocket::http::Status;
use rocket::{Route, State, get, patch, post, routes};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};

use crate::accounts::limits;
use crate::app::rooms::WantedRoom;
use crate::app::{App, NewMessage};
use crate::domain::clock;
use crate::domain::ids::{self, GENERAL_ROOM, NO_USER};
use crate::domain::name::Name;
use crate::domain::problem::{Kind, Problem};
use crate::domain::text::Text;
use crate::domain::title::{Title, Topic};
use crate::http::description::refused;
use crate::http::request::HistoryQuery;
use crate::http::request::{Beginning, Listing, Query, prefix_in_link, seq_of};
use crate::http::request::{Caller, CallerOrShell, ClientOrigin, Host, IdempotencyKey, Json};
use crate::http::response::{Answer, Created, HistoryPage, Listed, Posted};
use crate::store::{self, AmongRooms, RoomChange};

pub(super) fn routes() -> Vec<Route> {
    routes![list, create, show, change, join, leave, history, post_message, mark_read]
}

#[derive(OpenApi)]
#[openapi(paths(list, create, show, change, join, leave, history, post_message, mark_read), tags((name = "Rooms", description = "Listing, creating, changing, joining and leaving rooms; their members, messages and last-read positions. A private room is 404 for everyone who is not in it.")))]
pub(super) struct Described;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Parameters {
    /// `true` lists the archived rooms instead of the others.
    #[param(nullable = false)]
    archived: Option<bool>,
    /// Only the room with this name, archived or not. The list is empty if there is none.
    #[param(value_type = schema::NameToFold, required = false)]
    name: Option<String>,
}

/// Lists the rooms that the caller sees, ordered by id: those that are not archived, or with `archived=true` those that
/// are. The server's shell sees the public ones.
#[utoipa::path(
    operation_id = "list_rooms",
    params(Parameters, Beginning, Listing),
    responses(Listed<Room>),
)]
#[get("/rooms")]
async fn list(
    app: &State<App>,
    caller: CallerOrShell,
    filter: Query<Parameters>,
    beginning: Query<Beginning>,
    query: Query<Listing>,
) -> Result<Listed<Room>, Problem> {
    let (after, limit, filter) = (query.0.after(), query.0.limit()?, filter.0);
    let name = filter.name.as_deref().map(|name| Name::parse_field("name", name)).transpose()?;
    let prefix = beginning.0.prefix()?;
    let archived = filter.archived.unwrap_or(false);
    let mut among = AmongRooms { archived, only_invited: false, prefix: &prefix };
    let mut rooms: Vec<store::Room> = match (&caller.0, name) {
        (Some(caller), Some(name)) => match app.find_room_named(caller, &name).await {
            Ok(room) => app.store.find_room(caller.user.id, room.id).await?.into_iter().collect(),
            Err(problem) if problem.kind == Kind::NotFound => Vec::new(),
            Err(problem) => return Err(problem),
        },
        (Some(caller), None) => {
            app.learn_visible_rooms(caller).await?;
            among.only_invited = caller.inbox.visible.is_limited();
            app.store.list_rooms(caller.user.id, after, limit + 1, among).await?
        }
        (None, Some(name)) => match app.find_public_room(|hub| hub.find_room_named(name.as_str())) {
            Ok(room) => app.store.find_room(NO_USER, room.id).await?.into_iter().collect(),
            Err(_) => Vec::new(),
        },
        (None, None) => app.store.list_rooms(NO_USER, after, limit + 1, among).await?,
    };
    rooms.retain(|room| room.name.starts_with(&prefix));
    let archived = if archived { "&archived=true" } else { "" };
    let begin = prefix_in_link(&prefix);
    let page = Listed::page(rooms, limit as usize, "/rooms", |last| format!("after={}{archived}{begin}", last.id));
    // Of the page alone, so that a room that is hidden meanwhile does not make it the last.
    let rooms = match &caller.0 {
        Some(caller) => app.retain_seen(caller, page.items).await?,
        None => page.items,
    };
    let items = rooms.into_iter().map(|room| seen_by(caller.0.as_ref(), room)).collect();
    Ok(Listed { items, next: page.next })
}

/// Creates a room that the caller owns, and joins the caller and `members` to it.
///
/// A private room without a name is a group conversation: it gets a made-up name, and its people as its title. A name
/// that is taken is refused even if the caller does not see the room that has it.
#[utoipa::path(
    operation_id = "create_room",
    params(IdempotencyKey),
    request_body = CreateRoom,
    responses(Created<Room>, refused::NotFound, refused::KeyReused, refused::NameTaken, refused::TooManyRequests),
)]
#[post("/rooms", data = "<room>")]
async fn create(
    app: &State<App>,
    caller: Caller,
    host: Host,
    from: ClientOrigin,
    key: IdempotencyKey,
    room: Json<CreateRoom>,
) -> Result<Created<Room>, Problem> {
    let wanted = WantedRoom::parse(&caller, room.0)?;
    app.limits.changes.take_weighted(&caller.user.id, limits::CREATE_ROOM)?;
    let id = app.create_room(&caller, wanted, key.0, from.0.address).await?;
    // The key may be an old one, and the caller may have been removed from the room since.
    let seen = app.find_room(&caller, id).await?;
    let room = app.store.find_room(caller.user.id, id).await?.ok_or_else(Problem::not_found)?;
    app.check_seen(&caller, &seen).await?;
    Ok(Created(format!("{}/room/{id}", host.0), seen_by(Some(&caller), room)))
}

/// Returns one room.
#[utoipa::path(
    operation_id = "show_room",
    responses((status = 200, description = "The room.", body = Room), refused::NotFound),
)]
#[get("/room/<id>")]
async fn show(app: &State<App>, caller: Caller, id: i64) -> Result<Answer<Room>, Problem> {
    let seen = app.find_room(&caller, id).await?;
    let room = app.store.find_room(caller.user.id, id).await?.ok_or_else(Problem::not_found)?;
    app.check_seen(&caller, &seen).await?;
    Ok(Answer(Status::Ok, seen_by(Some(&caller), room)))
}

/// Changes a room: by its owners and by admins, and a public one by the server's shell.
///
/// Fields that are left out stay as they are. Making a room public makes its history public. A private room ends at
/// once for all who are not in it, held requests included.
#[utoipa::path(
    tag = "Rooms",
    operation_id = "change_room",
    request_body = ChangeRoom,
    responses(
        (status = 200, description = "The room as it is now.", body = Room),
        refused::Forbidden,
        refused::NotFound,
        refused::TooManyRequests,
    ),
)]
#[patch("/room/<id>", data = "<change>")]
async fn change(
    app: &State<App>,
    caller: CallerOrShell,
    id: i64,
    from: ClientOrigin,
    change: Json<ChangeRoom>,
) -> Result<Answer<Room>, Problem> {
    let ChangeRoom { title, topic, private, archived, posting } = change.0;
    let title = title.map(|title| title.map(|title| Title::parse("title", &title)).transpose()).transpose()?;
    let topic = topic.map(|topic| Topic::parse("topic", &topic)).transpose()?;
    let change = RoomChange {
        title: title.map(|title| title.map(Title::into_string)),
        topic: topic.map(Topic::into_string),
        private,
        archived,
        posting: posting.map(Into::into),
    };
    let caller = caller.0.as_ref();
    let room = match caller {
        Some(caller) => app.find_room(caller, id).await?,
        None => app.find_public_room(|hub| hub.find_room(id))?,
    };
    if let Some(caller) = caller {
        app.limits.changes.take_weighted(&caller.user.id, limits::JOIN_OR_LEAVE)?;
    }
    let user = caller.map(|caller| &caller.user);
    app.change_room(user, from.0.address, room, change).await?;
    let room = app.store.find_room(user.map_or(NO_USER, |user| user.id), id).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer(Status::Ok, seen_by(caller, room)))
}

/// Joins a public room: from now on, `/poll` returns its messages. Earlier messages are in its history.
///
/// A private room is joined by being added to its members.
#[utoipa::path(
    operation_id = "join_room",
    responses(
        (status = 204, description = "The caller is a member of the room."),
        refused::Forbidden,
        refused::NotFound,
        refused::TooManyRequests,
    ),
)]
#[post("/room/<id>/join")]
async fn join(app: &State<App>, caller: Caller, id: i64) -> Result<Status, Problem> {
    let room = app.find_room(&caller, id).await?;
    app.limits.changes.take_weighted(&caller.user.id, limits::JOIN_OR_LEAVE)?;
    let most = app.settings.limits.joined_rooms_per_user.into();
    app.journal.join(caller.user.id, room, most).await?;
    Ok(Status::NoContent)
}

/// Leaves a room. `general` cannot be left, nor a private room by its last owner while others are in it.
#[utoipa::path(
    operation_id = "leave_room",
    responses(
        (status = 204, description = "The caller is not a member of the room."),
        refused::NotFound,
        refused::CannotLeave,
        refused::TooManyRequests,
    ),
)]
#[post("/room/<id>/leave")]
async fn leave(app: &State<App>, caller: Caller, id: i64) -> Result<Status, Problem> {
    if id == GENERAL_ROOM {
        return Err(Problem::cannot_leave_general());
    }
    let room = app.find_room(&caller, id).await?;
    app.limits.changes.take_weighted(&caller.user.id, limits::JOIN_OR_LEAVE)?;
    app.journal.leave(caller.user.id, room).await?;
    Ok(Status::NoContent)
}

/// Returns a page of a room's history, joined or not; without parameters, the newest page.
#[utoipa::path(operation_id = "room_history", params(HistoryQuery), responses(HistoryPage, refused::NotFound))]
#[get("/room/<id>/messages")]
async fn history(
    app: &State<App>,
    caller: Caller,
    id: i64,
    query: Query<HistoryQuery>,
) -> Result<HistoryPage, Problem> {
    let room = app.find_room(&caller, id).await?;
    let (range, limit) = query.0.part()?;
    let history = app.read_history(caller.user.id, room.conversation, range, limit).await?;
    app.check_seen(&caller, &room).await?;
    Ok(HistoryPage::new(history, &format!("/room/{id}/messages"), query.0.given_limit()))
}

/// Sends a message to a room, by the room's id. The caller need not have joined it, unless its `posting` says so.
#[utoipa::path(
    operation_id = "post_to_room",
    params(IdempotencyKey),
    request_body = PostMessage,
    responses(Posted, refused::ReadOnly, refused::NotFound),
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
    let room = app.find_room(&caller, id).await?;
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
    let room = app.find_room(&caller, id).await?;
    match app.set_last_read(&caller, room.conversation, seq_of(mark.0.seq)?, mark.0.only_forward).await? {
        true => Ok(Status::NoContent),
        false => {
            app.check_seen(&caller, &room).await?;
            Err(Problem::not_joined())
        }
    }
}

fn seen_by(caller: Option<&Caller>, room: store::Room) -> Room {
    let last_read = caller.and_then(|caller| caller.inbox.last_read(room.conversation_id));
    Room {
        id: room.id,
        name: room.name,
        created_by: room.created_by,
        created_at: clock::rfc3339(room.created_at),
        joined: last_read.is_some(),
        unread: last_read.map_or(0, |last_read| ids::unread(room.newest_seq, last_read)),
        members: room.members,
        title: room.title,
        topic: room.topic,
        private: room.rules.is_private,
        archived: room.rules.is_archived,
        role: room.role.map(Into::into),
        posting: room.rules.posting.into(),
    }
}
