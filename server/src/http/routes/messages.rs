//! One message of a room or of a direct conversation: reading, editing and deleting it, and reacting to it. Each call
//! for rooms has its twin for direct conversations.

use linger_api::{EditMessage, Reaction};
use rocket::http::Status;
use rocket::{Route, State, delete, get, patch, put, routes};
use utoipa::OpenApi;

use crate::accounts::audit::{self, Whom};
use crate::app::App;
use crate::app::directs::Direct;
use crate::domain::emoji::Emoji;
use crate::domain::ids::{ConversationId, RoomId, Seq};
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::domain::text::Text;
use crate::http::description::parameters::IfNoneMatch;
use crate::http::description::refused;
use crate::http::request::{Caller, ClientOrigin, IfMatch, Json};
use crate::http::response::{Answer, Revised, Shown};

pub(super) fn routes() -> Vec<Route> {
    routes![
        show_in_room,
        edit_in_room,
        delete_in_room,
        react_in_room,
        unreact_in_room,
        reactions_in_room,
        show_direct,
        edit_direct,
        delete_direct,
        react_direct,
        unreact_direct,
        reactions_direct
    ]
}

#[derive(OpenApi)]
#[openapi(
    paths(
        show_in_room,
        edit_in_room,
        delete_in_room,
        react_in_room,
        unreact_in_room,
        reactions_in_room,
        show_direct,
        edit_direct,
        delete_direct,
        react_direct,
        unreact_direct,
        reactions_direct
    ),
    tags((name = "Changing", description = "Editing and deleting messages, and reacting to them. A change takes a place on the line, and polls with `changes=true` return it.")),
)]
pub(super) struct Described;

/// Returns one message of a room, joined or not.
#[utoipa::path(
    tag = "Changing",
    operation_id = "show_room_message",
    params(IfNoneMatch),
    responses(Shown, refused::NotFound)
)]
#[get("/room/<id>/messages/<seq>")]
async fn show_in_room(app: &State<App>, caller: Caller, id: i64, seq: i64) -> Result<Shown, Problem> {
    let room = app.find_room(&caller, id).await?;
    let message = app.find_message(room.conversation, seq).await?;
    app.check_seen(&caller, &room).await?;
    Ok(Shown(message))
}

/// Replaces the text of the caller's own message in a room.
///
/// No former text is kept. The same text is no change.
#[utoipa::path(
    tag = "Changing",
    operation_id = "edit_room_message",
    params(IfMatch),
    request_body = EditMessage,
    responses(
        Revised,
        refused::CannotEdit,
        refused::NotFound,
        refused::MessageDeleted,
        refused::ChangedMeanwhile,
        refused::TooManyRequests,
    ),
)]
#[patch("/room/<id>/messages/<seq>", data = "<message>")]
async fn edit_in_room(
    app: &State<App>,
    caller: Caller,
    id: i64,
    seq: i64,
    if_match: IfMatch,
    message: Json<EditMessage>,
) -> Result<Revised, Problem> {
    let text = Text::parse(message.0.text)?;
    let place = in_room(app, &caller, id, seq).await?;
    app.edit_message(&caller, place, text, if_match.0).await.map(Revised)
}

/// Deletes the text of a message in a room: the caller's own, or any as an owner of the room or an admin.
///
/// The message keeps its seq, with an empty text. Repeating the call changes nothing.
#[utoipa::path(
    tag = "Changing",
    operation_id = "delete_room_message",
    params(IfMatch),
    responses(
        (status = 204, description = "The text is gone."),
        refused::Forbidden,
        refused::NotFound,
        refused::ChangedMeanwhile,
        refused::TooManyRequests,
    ),
)]
#[delete("/room/<id>/messages/<seq>")]
async fn delete_in_room(
    app: &State<App>,
    caller: Caller,
    id: i64,
    seq: i64,
    from: ClientOrigin,
    if_match: IfMatch,
) -> Result<Status, Problem> {
    let room = app.find_room(&caller, id).await?;
    if app.delete_message(&caller, (room.conversation, seq), if_match.0).await? {
        let act = "deleted a message of another user";
        audit::act(act, &caller.user.name, Whom::Room(&room.name), from.0.address);
    }
    Ok(Status::NoContent)
}

/// Reacts to a message in a room with an emoji. Repeating the call changes nothing.
#[utoipa::path(
    tag = "Changing",
    operation_id = "react_to_room_message",
    params(Emoji),
    responses(
        (status = 204, description = "The caller has reacted with this emoji."),
        refused::ReadOnly,
        refused::NotFound,
        refused::CannotReact,
        refused::TooManyRequests,
    ),
)]
#[put("/room/<id>/messages/<seq>/reactions/<emoji>")]
async fn react_in_room(app: &State<App>, caller: Caller, id: i64, seq: i64, emoji: Emoji) -> Result<Status, Problem> {
    let place = in_room(app, &caller, id, seq).await?;
    app.react(&caller, place, emoji, true).await?;
    Ok(Status::NoContent)
}

/// Removes the caller's reaction from a message in a room. Repeating the call changes nothing.
#[utoipa::path(
    tag = "Changing",
    operation_id = "unreact_to_room_message",
    params(Emoji),
    responses(
        (status = 204, description = "The caller has not reacted with this emoji."),
        refused::NotFound,
        refused::TooManyRequests,
    ),
)]
#[delete("/room/<id>/messages/<seq>/reactions/<emoji>")]
async fn unreact_in_room(app: &State<App>, caller: Caller, id: i64, seq: i64, emoji: Emoji) -> Result<Status, Problem> {
    let place = in_room(app, &caller, id, seq).await?;
    app.react(&caller, place, emoji, false).await?;
    Ok(Status::NoContent)
}

/// Lists all reactions to a message in a room, each with the names of all users who gave it.
#[utoipa::path(
    tag = "Changing",
    operation_id = "list_room_reactions",
    responses((status = 200, description = "The reactions.", body = Vec<Reaction>), refused::NotFound),
)]
#[get("/room/<id>/messages/<seq>/reactions")]
async fn reactions_in_room(
    app: &State<App>,
    caller: Caller,
    id: i64,
    seq: i64,
) -> Result<Answer<Vec<Reaction>>, Problem> {
    let room = app.find_room(&caller, id).await?;
    let reactions = app.list_reactions(room.conversation, seq).await?;
    app.check_seen(&caller, &room).await?;
    Ok(Answer(Status::Ok, reactions))
}

/// Returns one message of a direct conversation.
#[utoipa::path(
    tag = "Changing",
    operation_id = "show_direct_message",
    params(Name, IfNoneMatch),
    responses(Shown, refused::NotFound)
)]
#[get("/direct/<name>/messages/<seq>")]
async fn show_direct(app: &State<App>, caller: Caller, name: Name, seq: i64) -> Result<Shown, Problem> {
    let (conversation, seq) = in_direct(app, &caller, &name, seq).await?;
    app.find_message(conversation, seq).await.map(Shown)
}

/// Replaces the text of the caller's own message to a user.
///
/// No former text is kept. The same text is no change.
#[utoipa::path(
    tag = "Changing",
    operation_id = "edit_direct_message",
    params(Name, IfMatch),
    request_body = EditMessage,
    responses(
        Revised,
        refused::Forbidden,
        refused::NotFound,
        refused::MessageDeleted,
        refused::ChangedMeanwhile,
        refused::TooManyRequests,
    ),
)]
#[patch("/direct/<name>/messages/<seq>", data = "<message>")]
async fn edit_direct(
    app: &State<App>,
    caller: Caller,
    name: Name,
    seq: i64,
    if_match: IfMatch,
    message: Json<EditMessage>,
) -> Result<Revised, Problem> {
    let text = Text::parse(message.0.text)?;
    let place = in_direct(app, &caller, &name, seq).await?;
    app.edit_message(&caller, place, text, if_match.0).await.map(Revised)
}

/// Deletes the text of the caller's own message to a user.
///
/// The message keeps its seq, with an empty text. Repeating the call changes nothing.
#[utoipa::path(
    tag = "Changing",
    operation_id = "delete_direct_message",
    params(Name, IfMatch),
    responses(
        (status = 204, description = "The text is gone."),
        refused::Forbidden,
        refused::NotFound,
        refused::ChangedMeanwhile,
        refused::TooManyRequests,
    ),
)]
#[delete("/direct/<name>/messages/<seq>")]
async fn delete_direct(
    app: &State<App>,
    caller: Caller,
    name: Name,
    seq: i64,
    if_match: IfMatch,
) -> Result<Status, Problem> {
    let place = in_direct(app, &caller, &name, seq).await?;
    app.delete_message(&caller, place, if_match.0).await?;
    Ok(Status::NoContent)
}

/// Reacts to a message of a direct conversation with an emoji. Repeating the call changes nothing.
#[utoipa::path(
    tag = "Changing",
    operation_id = "react_to_direct_message",
    params(Name, Emoji),
    responses(
        (status = 204, description = "The caller has reacted with this emoji."),
        refused::NotFound,
        refused::CannotReact,
        refused::TooManyRequests,
    ),
)]
#[put("/direct/<name>/messages/<seq>/reactions/<emoji>")]
async fn react_direct(app: &State<App>, caller: Caller, name: Name, seq: i64, emoji: Emoji) -> Result<Status, Problem> {
    let place = in_direct(app, &caller, &name, seq).await?;
    app.react(&caller, place, emoji, true).await?;
    Ok(Status::NoContent)
}

/// Removes the caller's reaction from a message of a direct conversation. Repeating the call changes nothing.
#[utoipa::path(
    tag = "Changing",
    operation_id = "unreact_to_direct_message",
    params(Name, Emoji),
    responses(
        (status = 204, description = "The caller has not reacted with this emoji."),
        refused::NotFound,
        refused::TooManyRequests,
    ),
)]
#[delete("/direct/<name>/messages/<seq>/reactions/<emoji>")]
async fn unreact_direct(
    app: &State<App>,
    caller: Caller,
    name: Name,
    seq: i64,
    emoji: Emoji,
) -> Result<Status, Problem> {
    let place = in_direct(app, &caller, &name, seq).await?;
    app.react(&caller, place, emoji, false).await?;
    Ok(Status::NoContent)
}

/// Lists all reactions to a message of a direct conversation, each with the names of the users who gave it.
#[utoipa::path(
    tag = "Changing",
    operation_id = "list_direct_reactions",
    params(Name),
    responses((status = 200, description = "The reactions.", body = Vec<Reaction>), refused::NotFound),
)]
#[get("/direct/<name>/messages/<seq>/reactions")]
async fn reactions_direct(
    app: &State<App>,
    caller: Caller,
    name: Name,
    seq: i64,
) -> Result<Answer<Vec<Reaction>>, Problem> {
    let (conversation, seq) = in_direct(app, &caller, &name, seq).await?;
    Ok(Answer(Status::Ok, app.list_reactions(conversation, seq).await?))
}

async fn in_room(app: &App, caller: &Caller, id: RoomId, seq: Seq) -> Result<(ConversationId, Seq), Problem> {
    Ok((app.find_room(caller, id).await?.conversation, seq))
}

/// # Errors
/// 404 if there is no such user, or no message between the two.
async fn in_direct(app: &App, caller: &Caller, name: &Name, seq: Seq) -> Result<(ConversationId, Seq), Problem> {
    match app.find_peer(caller, name, "name").await?.conversation {
        Direct::Open(conversation) => Ok((conversation, seq)),
        Direct::NotYet(_) => Err(Problem::not_found()),
    }
}
