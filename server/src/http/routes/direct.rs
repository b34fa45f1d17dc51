//! Direct conversations; each call has a counterpart for rooms. A name always means the caller's own conversation with
//! that user, so no other conversation can be reached.

use linger_api::{Direct, MarkRead, PostMessage, schema};
use rocket::http::Status;
use rocket::{Route, State, get, post, routes};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};

use crate::app::directs;
use crate::app::{App, NewMessage};
use crate::domain::ids;
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::domain::text::Text;
use crate::http::description::refused;
use crate::http::request::HistoryQuery;
use crate::http::request::{Caller, IdempotencyKey, Json, Query, listing_limit, seq_of};
use crate::http::response::{HistoryPage, Listed, Posted};

pub(super) fn routes() -> Vec<Route> {
    routes![list, history, post_message, mark_read]
}

#[derive(OpenApi)]
#[openapi(paths(list, history, post_message, mark_read), tags((name = "Direct conversations", description = "Each call works like its counterpart for rooms. Only the two users can see their conversation or learn that it exists.")))]
pub(super) struct Described;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Parameters {
    /// Lists only names after this one.
    #[param(value_type = schema::NameToFold, required = false)]
    after: Option<String>,
    /// Maximum number of conversations. 100 by default; more than 500 counts as 500.
    #[param(minimum = 1, nullable = false)]
    limit: Option<i64>,
}

/// Lists the caller's direct conversations that have messages, ordered by the other user's name.
#[utoipa::path(
    operation_id = "list_direct",
    params(Parameters),
    responses(Listed<Direct>),
)]
#[get("/direct")]
async fn list(app: &State<App>, caller: Caller, query: Query<Parameters>) -> Result<Listed<Direct>, Problem> {
    let after = query.0.after.as_deref().map(|name| Name::parse_field("after", name)).transpose()?;
    let mut after = after.map_or_else(String::new, |name| name.to_string());
    let limit = listing_limit(query.0.limit)? as usize;
    let mut direct = Vec::new();
    loop {
        // One more shows whether there is a next page. Conversations without messages are left out, and are few.
        let some = caller.inbox.directs_after(&after, limit + 1);
        let ids: Vec<_> = some.iter().map(|(_, conversation, _)| *conversation).collect();
        let newest = app.store.list_newest_seqs(&ids).await?;
        let is_last = some.len() <= limit;
        for (with, conversation, last_read) in some {
            after.clone_from(&with);
            if let Some(&newest) = newest.get(&conversation) {
                direct.push(Direct { with, newest, last_read, unread: ids::unread(newest, last_read) });
            }
        }
        if is_last || direct.len() > limit {
            break;
        }
    }
    Ok(Listed::page(direct, limit, "/direct", |last: &Direct| format!("after={}", last.with)))
}

/// Returns a page of the history with a user; without parameters, the newest page.
#[utoipa::path(operation_id = "direct_history", params(Name, HistoryQuery), responses(HistoryPage, refused::NotFound))]
#[get("/direct/<name>/messages")]
async fn history(
    app: &State<App>,
    caller: Caller,
    name: Name,
    query: Query<HistoryQuery>,
) -> Result<HistoryPage, Problem> {
    let peer = app.find_peer(&caller, &name, "name").await?;
    let (range, limit) = query.0.part()?;
    let directs::Direct::Open(id) = peer.conversation else { return Ok(HistoryPage::empty()) };
    let history = app.read_history(caller.user.id, id, range, limit).await?;
    Ok(HistoryPage::new(history, &format!("/direct/{name}/messages"), query.0.given_limit()))
}

/// Sends a message to a user, by name.
#[utoipa::path(
    operation_id = "post_to_user",
    params(Name, IdempotencyKey),
    request_body = PostMessage,
    responses(Posted, refused::NotFound),
)]
#[post("/direct/<name>/messages", data = "<message>")]
async fn post_message(
    app: &State<App>,
    caller: Caller,
    name: Name,
    key: IdempotencyKey,
    message: Json<PostMessage>,
) -> Result<Posted, Problem> {
    let message = message.0;
    let (text, reply_to) = (Text::parse(message.text)?, message.reply_to);
    let peer = app.find_peer(&caller, &name, "name").await?;
    app.post_to_user(&caller, peer, NewMessage { text, reply_to, key: key.0 }).await.map(Posted)
}

/// Sets the caller's last-read position, forward or back.
///
/// A `seq` beyond the newest message means the newest.
#[utoipa::path(
    operation_id = "mark_direct_read",
    params(Name),
    request_body = MarkRead,
    responses((status = 204, description = "The position is on disk."), refused::NotFound, refused::TooManyRequests),
)]
#[post("/direct/<name>/read", data = "<mark>")]
async fn mark_read(app: &State<App>, caller: Caller, name: Name, mark: Json<MarkRead>) -> Result<Status, Problem> {
    let peer = app.find_peer(&caller, &name, "name").await?;
    let seq = seq_of(mark.0.seq)?;
    if let directs::Direct::Open(conversation) = peer.conversation {
        app.set_last_read(&caller, conversation, seq, mark.0.only_forward).await?;
    }
    Ok(Status::NoContent)
}
