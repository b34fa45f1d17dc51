//! `/status`: the caller, the server, and how far the caller has read.

use std::collections::HashSet;

use linger_api::{ConversationStatus, ServerInfo, Status, User, schema};
use rocket::{Route, State, get, http, routes};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};

use crate::app::App;
use crate::app::directs::Direct;
use crate::domain::clock;
use crate::domain::ids;
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::http::description::refused;
use crate::http::request::{Caller, Query};
use crate::http::response::{Carried, WithMessages, carried};
use crate::sessions::Session;
use crate::store::{self, Conversation, ConversationName};

pub(super) fn routes() -> Vec<Route> {
    routes![status]
}

#[derive(OpenApi)]
#[openapi(paths(status), tags((name = "Users and status", description = "Users, and the state of the server.")))]
pub(super) struct Described;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Parameters {
    /// Only the room with this name.
    #[param(value_type = schema::NameToFold, required = false)]
    room: Option<String>,
    /// Only the direct conversation with the user of this name.
    #[param(value_type = schema::NameToFold, required = false)]
    direct: Option<String>,
    /// How many of the latest messages to include for each conversation, 0 to 100.
    #[param(minimum = 0, maximum = 100, nullable = false)]
    latest: Option<i64>,
}

/// Returns the caller, the server, and how far the caller has read.
///
/// Covers all joined rooms and direct conversations, or only the one given by `room` or `direct`. A room that the
/// caller has not joined counts as read.
#[utoipa::path(
    params(Parameters),
    responses((status = 200, description = "The status.", body = Status), refused::NotFound),
)]
#[get("/status")]
async fn status(
    app: &State<App>,
    caller: Caller,
    query: Query<Parameters>,
) -> Result<WithMessages<Status<Carried>>, Problem> {
    let latest = match query.0.latest {
        None => None,
        Some(latest @ 0..=100) => Some(latest as usize),
        Some(_) => return Err(Problem::bad_field("latest", "latest must be between 0 and 100.")),
    };
    let query_names_a_room = query.0.room.is_some();
    let asked = match (query.0.room, query.0.direct) {
        (None, None) => app.store.list_conversations(caller.user.id).await?,
        (Some(room), None) => vec![room_named(app, &caller, &room).await?],
        (None, Some(name)) => vec![direct_with(app, &caller, &name).await?],
        (Some(_), Some(_)) => return Err(Problem::bad_field("direct", "Give only one of room and direct.")),
    };
    let mut conversations: Vec<_> = asked.iter().map(|conversation| describe(app, &caller, conversation)).collect();
    let (mut events, mut unseen) = (Vec::new(), Vec::new());
    if let Some(latest) = latest {
        let newest: Vec<_> = asked.iter().map(|conversation| (conversation.id, conversation.newest_seq)).collect();
        for (status, latest) in conversations.iter_mut().zip(app.read_latest(caller.user.id, &newest, latest).await?) {
            status.messages = Some(carried(&latest));
            events.extend(latest);
        }
        unseen = app.list_hidden(&caller, &newest.iter().map(|(id, _)| *id).collect::<Vec<_>>()).await?;
    }
    // From the database, because a guest may have become an account.
    let store::User { id, name, guest } =
        app.store.find_user(caller.user.id).await?.ok_or_else(Problem::unauthorized)?;
    let user = User { id, name, guest };
    let users_online = app.list_online().await?.len() as i64;
    // The caller may have been removed from a room meanwhile.
    let is_hidden = |id: &i64| {
        let room = app.hub.find_room(*id);
        room.is_some_and(|room| !room.is_seen_by(&caller.inbox) || unseen.contains(&room.conversation))
    };
    let hidden: HashSet<_> = conversations.iter().filter_map(|status| status.room_id).filter(is_hidden).collect();
    if !hidden.is_empty() {
        if query_names_a_room {
            return Err(Problem::not_found());
        }
        conversations.retain(|status| status.room_id.is_none_or(|id| !hidden.contains(&id)));
        events.retain(|event| app.hub.sees(&caller.inbox, event) && !unseen.contains(&event.conversation_id));
    }
    let server =
        ServerInfo { version: crate::domain::VERSION.to_owned(), started_at: clock::rfc3339(app.started_at_ms) };
    let value = Status { user, server, users_online, conversations };
    Ok(WithMessages { status: http::Status::Ok, value, recipient: caller.user.id, events })
}

async fn room_named(app: &App, caller: &Session, name: &str) -> Result<Conversation, Problem> {
    let room = app.find_room_named(caller, &Name::parse_field("room", name)?).await?;
    let newest_seq = app.store.newest_seq(room.conversation).await?;
    let name = ConversationName::Room { id: room.id, name: room.name.clone() };
    Ok(Conversation { id: room.conversation, name, newest_seq })
}

async fn direct_with(app: &App, caller: &Session, name: &str) -> Result<Conversation, Problem> {
    let peer = app.find_peer(caller, &Name::parse_field("direct", name)?, "direct").await?;
    let name = ConversationName::Direct { with: peer.name };
    match peer.conversation {
        Direct::Open(id) => Ok(Conversation { id, name, newest_seq: app.store.newest_seq(id).await? }),
        Direct::NotYet(_) => Ok(Conversation { id: 0, name, newest_seq: 0 }),
    }
}

/// A room that the caller has not joined has no last-read position, so everything in it counts as read.
fn describe(app: &App, caller: &Session, conversation: &Conversation) -> ConversationStatus<Carried> {
    let newest = conversation.newest_seq;
    let position = caller.inbox.last_read(conversation.id);
    let last_read = position.unwrap_or(newest).min(newest);
    let (room_id, room, with) = match &conversation.name {
        ConversationName::Room { id, name } => (Some(*id), Some(name.clone()), None),
        ConversationName::Direct { with } => (None, None, Some(with.clone())),
    };
    let facts = room_id.and_then(|id| app.hub.find_room(id)).map(|room| room.facts());
    let facts = facts.as_deref();
    ConversationStatus {
        room_id,
        room,
        title: facts.and_then(|facts| facts.title.clone()),
        topic: facts.map(|facts| facts.topic.clone()),
        private: facts.map(|facts| facts.rules.is_private),
        archived: facts.map(|facts| facts.rules.is_archived),
        posting: facts.map(|facts| facts.rules.posting.into()),
        joined: position.is_some() || with.is_some(),
        role: facts.and(caller.inbox.role(conversation.id)).map(Into::into),
        with,
        newest,
        last_read,
        unread: ids::unread(newest, last_read),
        messages: None,
    }
}
