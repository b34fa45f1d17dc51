//! `/send` and `/send-private`: saying something to a room by name, or to a user.

use linger_api::{Send, SendPrivate};
use rocket::{Route, State, post, routes};

use crate::app::App;
use crate::http::{Caller, IdempotencyKey, Json, Posted};
use crate::name::Name;
use crate::problem::Problem;
use crate::rooms::Peer;
use crate::text::Text;

pub(super) fn routes() -> Vec<Route> {
    routes![send, send_private]
}

/// To a room by name; `general` if none is named.
#[post("/send", data = "<message>")]
async fn send(app: &State<App>, caller: Caller, key: IdempotencyKey, message: Json<Send>) -> Result<Posted, Problem> {
    let Send { text, room } = message.0;
    let text = Text::parse(text)?;
    let name = Name::parse(room.as_deref().unwrap_or(linger_api::GENERAL))?;
    let room = app.rooms.find_by_name(&name).await?;
    app.post_to_room(&caller, &room, text, key).await
}

/// To a user, by name or by id.
#[post("/send-private", data = "<message>")]
async fn send_private(
    app: &State<App>,
    caller: Caller,
    key: IdempotencyKey,
    message: Json<SendPrivate>,
) -> Result<Posted, Problem> {
    let SendPrivate { to, recipient_id, text } = message.0;
    let text = Text::parse(text)?;
    let name = match (to, recipient_id) {
        (Some(name), None) => Name::parse(&name)?,
        (None, Some(id)) => Name::parse(&app.store.find_user(id).await?.ok_or_else(Problem::not_found)?.name)?,
        _ => {
            return Err(Problem::bad_input("Name the recipient with one of to and recipient_id."));
        }
    };
    let recipient = Peer::find(&app.store, &caller, &name).await?;
    app.post_to_user(&caller, recipient, text, key).await
}
