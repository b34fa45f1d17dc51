//! `/send` and `/send-private`: sending a message to a room by name or id, or to a user.

use linger_api::{Send, SendPrivate};
use rocket::{Route, State, post, routes};
use utoipa::OpenApi;

use crate::app::{App, NewMessage};
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::domain::text::Text;
use crate::http::description::refused;
use crate::http::request::{Caller, IdempotencyKey, Json};
use crate::http::response::Posted;

pub(super) fn routes() -> Vec<Route> {
    routes![send, send_private]
}

#[derive(OpenApi)]
#[openapi(paths(send, send_private), tags((name = "Sending", description = "Sending messages.")))]
pub(super) struct Described;

/// Sends a message to a room, by the room's name or id; to `general` if no room is given.
///
/// The server answers once the message is on disk. The caller need not have joined the room, unless its
/// `posting` says so.
#[utoipa::path(params(IdempotencyKey), request_body = Send, responses(Posted, refused::ReadOnly, refused::NotFound))]
#[post("/send", data = "<message>")]
async fn send(app: &State<App>, caller: Caller, key: IdempotencyKey, message: Json<Send>) -> Result<Posted, Problem> {
    let Send { text, room, room_id, reply_to } = message.0;
    let text = Text::parse(text)?;
    let room = match (room.as_deref(), room_id) {
        (None, Some(id)) => app.find_room(&caller, id).await?,
        (name, id) => {
            let name = Name::parse_field("room", name.unwrap_or(linger_api::GENERAL))?;
            let room = app.find_room_named(&caller, &name).await?;
            if id.is_some_and(|id| id != room.id) {
                return Err(Problem::bad_field("room_id", "room and room_id must mean the same room."));
            }
            room
        }
    };
    app.post_to_room(&caller, &room, NewMessage { text, reply_to, key: key.0 }).await.map(Posted)
}

/// Sends a message to a user, by name or by id.
///
/// The recipient is given as either `to` or `recipient_id`. A message to oneself is refused with 400.
#[utoipa::path(params(IdempotencyKey), request_body = SendPrivate, responses(Posted, refused::NotFound))]
#[post("/send-private", data = "<message>")]
async fn send_private(
    app: &State<App>,
    caller: Caller,
    key: IdempotencyKey,
    message: Json<SendPrivate>,
) -> Result<Posted, Problem> {
    let SendPrivate { to, recipient_id, text, reply_to } = message.0;
    let text = Text::parse(text)?;
    let (name, field) = match (to, recipient_id) {
        (Some(name), None) => (Name::parse_field("to", &name)?, "to"),
        (None, Some(id)) => {
            let user = app.store.find_user(id).await?.ok_or_else(Problem::not_found)?;
            (Name::parse(&user.name)?, "recipient_id")
        }
        _ => {
            return Err(Problem::bad_field("to", "Give the recipient as either to or recipient_id."));
        }
    };
    let recipient = app.find_peer(&caller, &name, field).await?;
    app.post_to_user(&caller, recipient, NewMessage { text, reply_to, key: key.0 }).await.map(Posted)
}
