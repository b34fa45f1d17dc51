//! `/connect` and `/disconnect`: signing in and out.

use std::sync::Arc;

use linger_api::{Connect, Connected, DirectSummary, RoomSummary, User};
use rocket::http::Status;
use rocket::{Route, State, post, routes};
use utoipa::OpenApi;

use crate::accounts::limits::network_of;
use crate::accounts::{self, Creation, Entered, Holder, Password};
use crate::app::App;
use crate::app::history;
use crate::domain::clock;
use crate::domain::cursor::Cursor;
use crate::domain::ids::{self, GENERAL_ROOM, Seq};
use crate::domain::name::Name;
use crate::domain::payload;
use crate::domain::problem::Problem;
use crate::http::description::refused;
use crate::http::request::{Body, Caller, ClientOrigin, IdempotencyKey, Identity, Visitor};
use crate::http::response::{Carried, WithMessages, carried};
use crate::hub::{Ask, Begin, MAX_PAGE_MESSAGES, Reading, Scope, Space};
use crate::journal::NewUser;
use crate::sessions::Session;
use crate::store::{Began, ConversationName, HistoryRange};

pub(super) fn routes() -> Vec<Route> {
    routes![connect, disconnect]
}

#[derive(OpenApi)]
#[openapi(paths(connect, disconnect), tags((name = "Sessions", description = "Signing in and out.")))]
pub(super) struct Described;

/// Signs in as a new guest, with a name and a password, or as the same user again.
///
/// Without a body, or with `{}`, the server creates a guest with a generated name. With a name, it creates a guest of
/// that name, if the name is free. With a name and a password, it signs in; if the name is free, it creates the
/// account first. With a valid `Authorization`, it opens another session of the same user and uses neither name nor
/// password.
///
/// With a `code`, the caller comes in by it. An invitation makes an account of a name and a password, or a guest, and
/// leads to its rooms, which a guest joins instead of `general`; a user who is signed in joins them. A code for another
/// device or for a forgotten password signs in its user, and needs nothing else. Each use of a code lets one user in,
/// also if the call is repeated with its `Idempotency-Key`.
///
/// If a trusted proxy in front of the server names the user (`sign_on` in `GET /server`), a call without name, password
/// and code signs in that user, who is created at the first call.
///
/// `GET /server` says who may come in. A caller who may not make an account, or who sends `"create":false`, gets the
/// answer to a wrong password if the name is free. Where guests are not admitted, they are answered 403.
///
/// A new user has joined `general` and receives its latest messages, which count as read. A returning user receives
/// the unread messages of all joined rooms and direct conversations. If `more` is true, polling from `cursor` returns
/// the rest.
#[utoipa::path(
    security((), ("token" = [])),
    params(IdempotencyKey),
    request_body = Option<Connect>,
    responses(
        (status = 200, description = "An existing user is signed in.", body = Connected),
        (status = 201, description = "A new user is created and signed in.", body = Connected),
        refused::WrongCredentials,
        refused::NotLetIn,
        refused::NameTaken,
        refused::TooManyRequests,
    ),
)]
#[post("/connect", data = "<body>")]
async fn connect(
    app: &State<App>,
    visitor: Visitor,
    from: ClientOrigin,
    identity: Identity,
    key: IdempotencyKey,
    body: Body<Connect>,
) -> Result<WithMessages<Connected<Carried>>, Problem> {
    let from = &from.0;
    app.limits.connects.take(&network_of(from.address))?;
    let body = body.0.unwrap_or_default();
    let latest = match body.latest {
        None => app.settings.latest_messages as usize,
        Some(latest @ 0..=100) => latest as usize,
        Some(_) => return Err(Problem::bad_field("latest", "latest must be between 0 and 100.")),
    };
    let username = body.username.as_deref().map(|name| Name::parse_field("username", name)).transpose()?;
    let password = body.password.map(Password::parse).transpose()?;
    let creates = body.create.unwrap_or(true);
    // A body that names a user or shows a code says more than the proxy.
    let identity = identity.0.filter(|_| username.is_none() && password.is_none() && body.code.is_none());
    // Without the password, of which no fast hash may be stored. A sign-up of an account is repeated with it.
    let key = key.0.map(|key| {
        let kind = match (&password, &identity) {
            (Some(_), _) => "account",
            (None, Some(_)) => "vouched",
            (None, None) => "guest",
        };
        let name = identity.as_ref().or(username.as_ref()).map_or("", Name::as_str);
        // As version 0.1 wrote it: keys are kept across an update.
        let latest = body.latest.map_or("None".to_owned(), |latest| format!("Some({latest})"));
        let payload = match &body.code {
            None => payload::hash_of(kind, &[name, &latest]),
            Some(code) => payload::hash_of(&format!("{kind} by code"), &[name, &latest, code]),
        };
        accounts::sign_up_key(&key, payload)
    });
    if let Some(code) = &body.code {
        let holder = match (visitor, username, password) {
            (Visitor::Known(caller), _, _) => Holder::SignedIn(Arc::clone(&caller)),
            (Visitor::Stranger, Some(name), Some(password)) => Holder::Account { name, password, creates },
            (Visitor::Stranger, name, None) => Holder::Guest { name, creates },
            (Visitor::Stranger, None, Some(_)) => return Err(password_without_a_name()),
        };
        let entered = app.accounts.enter_with_code(code, holder, from, key).await?;
        return welcome(app, entered, latest).await;
    }
    if let (Visitor::Stranger, Some(name)) = (&visitor, &identity) {
        let entered = app.accounts.enter_vouched_for(name, creates, from, key).await?;
        return welcome(app, entered, latest).await;
    }
    let creation = if creates { Creation::IfOpen } else { Creation::Never };
    let entered = match (visitor, username, password) {
        (Visitor::Known(caller), _, _) => app.accounts.enter_again(&caller, from).await?,
        (Visitor::Stranger, None, _) | (Visitor::Stranger, _, None) if !creates => {
            return Err(Problem::cannot_only_sign_in());
        }
        (Visitor::Stranger, None, None) => app.accounts.enter_as_anybody(from, key).await?,
        (Visitor::Stranger, Some(name), None) => app.accounts.enter_as_guest(&name, from, key).await?,
        (Visitor::Stranger, Some(name), Some(password)) => {
            app.accounts.enter_with_password(&name, password, creation, from, key).await?
        }
        (Visitor::Stranger, None, Some(_)) => {
            return Err(password_without_a_name());
        }
    };
    welcome(app, entered, latest).await
}

fn password_without_a_name() -> Problem {
    Problem::bad_field("username", "A password needs a username.")
}

/// Signs out the caller's session, on every node within a second. Requests that it holds end with 401.
#[utoipa::path(responses((status = 204, description = "The token is no longer valid.")))]
#[post("/disconnect")]
async fn disconnect(app: &State<App>, caller: Caller) -> Result<Status, Problem> {
    app.accounts.sign_out(&caller).await?;
    Ok(Status::NoContent)
}

async fn welcome(app: &App, entered: Entered, latest: usize) -> Result<WithMessages<Connected<Carried>>, Problem> {
    let Entered { session, token, expires_ms, new } = entered;
    let expires_at = Some(clock::rfc3339(expires_ms));
    let returning = new.is_none();
    let reading = match new {
        Some(NewUser::Now { general_seq, cursor }) => first_reading(app, &session, general_seq, cursor, latest).await?,
        // What came since is read by polling from the same cursor as after the first answer.
        Some(NewUser::Earlier(Began { general_seq, event_id, .. })) => {
            let cursor = app.hub.cursor_at(event_id).await?;
            first_reading(app, &session, general_seq, cursor, latest).await?
        }
        None => {
            let ask = Ask {
                inbox: Arc::clone(&session.inbox),
                scope: Scope::Joined,
                begin: Begin::LastRead,
                acknowledges: false,
                changes: false,
                session: session.key,
                space: Space::of_page(MAX_PAGE_MESSAGES),
            };
            app.hub.read(ask).await?
        }
    };
    // Before the counts, so that a later move is told by the first poll that asks for changes.
    // A sign-up that is repeated gets the same cursor as at first.
    let cursor = match returning {
        true => app.hub.with_positions(reading.cursor, &session.inbox),
        false => reading.cursor,
    };
    let (mut rooms, mut direct) = (Vec::new(), Vec::new());
    for conversation in app.store.list_conversations(session.user.id).await? {
        let Some(last_read) = session.inbox.last_read(conversation.id) else {
            continue;
        };
        let unread = ids::unread(conversation.newest_seq, last_read);
        match conversation.name {
            ConversationName::Room { id, name } => rooms.push(RoomSummary { id, name, unread }),
            ConversationName::Direct { with } => direct.push(DirectSummary { with, unread }),
        }
    }
    let user = User { id: session.user.id, name: session.user.name.clone(), guest: session.user.guest };
    let Reading { messages: mut events, more, .. } = reading;
    // The user may have been removed from a room meanwhile.
    events.retain(|event| app.hub.sees(&session.inbox, event));
    let (messages, cursor) = (carried(&events), cursor.to_string());
    let status = if returning { Status::Ok } else { Status::Created };
    let recipient = session.user.id;
    let value = Connected { token, expires_at, user, returning, messages, more, cursor, rooms, direct };
    Ok(WithMessages { status, value, recipient, events })
}

/// Reads the latest messages of `general` up to this seq, for a new user; for a guest whose invitation leads to other
/// rooms, those of these. They count as read, so there are never `more`.
async fn first_reading(
    app: &App,
    session: &Session,
    upto: Seq,
    cursor: Cursor,
    latest: usize,
) -> Result<Reading, Problem> {
    let general = app.hub.find_room(GENERAL_ROOM).ok_or_else(Problem::internal)?.conversation;
    let rooms = match session.inbox.last_read(general) {
        Some(_) => vec![(general, upto)],
        None => session.inbox.floors(false),
    };
    // Most new users have one room. The others share the space of a page.
    let (mut messages, mut space) = (Vec::new(), Space::of_page(latest));
    for (conversation, upto) in rooms {
        let up_to_now = HistoryRange::Before(upto + 1);
        let page = history::read(&app.hub, &app.store, conversation, up_to_now, &mut space).await?;
        messages.extend(page.events);
    }
    messages.sort_unstable_by_key(|event| event.id);
    Ok(Reading { messages, changes: None, more: false, cursor })
}
