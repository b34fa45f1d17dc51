//! Errors as clients see them: RFC 9457 problem details, as data. `http/response/refusal.rs` turns a problem into an
//! answer.

use std::borrow::Cow;
use std::time::Duration;

/// Defines [`Kind`] from the table below. A row is a kind, its status, its `type`, its title and its usual detail.
macro_rules! kinds {
    ($($kind:ident, $status:literal, $uri:literal, $title:literal, $detail:literal;)*) => {
        /// The kinds of errors. Programs match on the `type`; the title and the detail are for people.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind {
            $($kind,)*
        }

        impl Kind {
            /// Every kind, in the order of the table.
            pub(crate) const ALL: [Self; [$(Self::$kind),*].len()] = [$(Self::$kind,)*];

            /// Returns the status, the `type` and the title.
            pub(crate) fn row(self) -> (u16, &'static str, &'static str) {
                match self {
                    $(Self::$kind => ($status, $uri, $title),)*
                }
            }

            fn usual_detail(self) -> &'static str {
                match self {
                    $(Self::$kind => $detail,)*
                }
            }
        }
    };
}

#[rustfmt::skip]
kinds! {
    BadInput,           400, "/problems/bad-input",              "Bad input",
        "The request is malformed.";
    Unauthorized,       401, "/problems/unauthorized",           "Not signed in",
        "This call needs the bearer token of a signed-in session.";
    WrongCredentials,   401, "/problems/wrong-credentials",      "Wrong name or password",
        "No user has this name and password.";
    WrongPassword,      403, "/problems/wrong-credentials",      "Wrong password",
        "That is not your password.";
    Forbidden,          403, "/problems/forbidden",              "Not allowed",
        "Pages of other sites may not call this server, unless the setting chat.allowed_origins lists them.";
    GuestsNotAllowed,   403, "/problems/guests-not-allowed",     "No guests",
        "This server admits no guests. Send a username and a password.";
    CodeNotValid,       403, "/problems/code-not-valid",         "Code not valid",
        "This code does not work: it is unknown, used up, expired or revoked, or it is for something else.";
    AccountDisabled,    403, "/problems/account-disabled",       "Account disabled",
        "An administrator has disabled this account.";
    ReadOnly,           403, "/problems/read-only",              "Read only",
        "You may read this room, but not post in it.";
    NotFound,           404, "/problems/not-found",              "Not found",
        "There is nothing here, or nothing that you may see.";
    MethodNotAllowed,   405, "/problems/method-not-allowed",     "Method not allowed",
        "This path takes other methods: see the Allow header.";
    Timeout,            408, "/problems/request-timeout",        "Request timed out",
        "The body did not arrive in time.";
    NameTaken,          409, "/problems/name-taken",             "Name taken",
        "This name is taken.";
    NotJoined,          409, "/problems/not-joined",             "Room not joined",
        "Join the room first: only joined rooms have a last-read position.";
    LastAdmin,          409, "/problems/last-admin",             "Last administrator",
        "This is the only administrator who can sign in: make another one first.";
    CannotLeaveGeneral, 409, "/problems/cannot-leave-general",   "Cannot leave general",
        "Nobody can leave general.";
    LastOwner,          409, "/problems/last-owner",             "Last owner",
        "A room keeps its last owner: make another member an owner first.";
    MessageDeleted,     409, "/problems/message-deleted",        "Message deleted",
        "The message is deleted, and so it cannot be changed.";
    TooManyReactions,   409, "/problems/too-many-reactions",     "Too many kinds of reactions",
        "A message has at most 12 kinds of reactions.";
    PollSuperseded,     409, "/problems/poll-superseded",        "Too many held requests",
        "Newer requests of this session took its place: a session may hold only a few.";
    CursorReset,        410, "/problems/cursor-reset",           "Cursor from another database",
        "This database never issued that cursor. Connect again.";
    ChangedMeanwhile,   412, "/problems/changed-meanwhile",      "Changed meanwhile",
        "The message has changed since the revision in If-Match.";
    TooLarge,           413, "/problems/too-large",              "Body too large",
        "A body is at most 64 KiB long.";
    NotJson,            415, "/problems/not-json",               "Body is not JSON",
        "Send the body as Content-Type: application/json.";
    MisdirectedHost,    421, "/problems/misdirected-host",       "Another server's name",
        "This server does not answer to that name.";
    KeyReused,          422, "/problems/idempotency-key-reused", "Idempotency key reused",
        "This Idempotency-Key was used for something else.";
    TooManyRequests,    429, "/problems/too-many-requests",      "Too many requests",
        "Too many requests. Retry-After says when to try again.";
    Internal,           500, "/problems/internal",               "Internal error",
        "The server failed. Its log has the cause, next to this answer's X-Request-Id.";
    Unavailable,        503, "/problems/unavailable",            "Temporarily unavailable",
        "The database does not answer at the moment.";
}

impl Kind {
    /// Returns the last part of the `type`.
    pub(crate) fn name(self) -> &'static str {
        self.row().1.trim_start_matches("/problems/")
    }
}

/// An error on its way to a client.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    pub(crate) detail: Cow<'static, str>,
    /// The field of the body, or the query parameter, that is wrong.
    pub(crate) field: Option<Cow<'static, str>>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) cause: Option<Box<Cause>>,
}

/// The cause of a failure, for the log. Never sent.
#[derive(Debug, Clone)]
pub(crate) struct Cause {
    pub(crate) text: String,
    pub(crate) fault: Fault,
}

/// Where a failure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A bug of linger's.
    Server,
    /// The database is away.
    Database,
    /// The database is damaged, which was logged when it was found.
    Damage,
    /// The journal is late, or its transaction has failed, which it logs itself.
    Journal,
}

impl Problem {
    /// Makes a problem with the usual detail of its kind.
    pub(crate) fn usual(kind: Kind) -> Self {
        let retry_after = matches!(kind, Kind::TooManyRequests | Kind::Unavailable).then_some(Duration::from_secs(1));
        Self { kind, detail: kind.usual_detail().into(), field: None, retry_after, cause: None }
    }

    /// 400, with what is wrong with the input.
    pub(crate) fn bad_input(detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..Self::usual(Kind::BadInput) }
    }

    /// 400: the password is too short or too long.
    pub(crate) fn bad_password_length() -> Self {
        Self::bad_field("password", "A password is 8 to 128 characters long.")
    }

    /// 400, with what is wrong with a field of the body or a query parameter.
    pub(crate) fn bad_field(field: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::bad_input(detail).in_field(field)
    }

    /// 400: without a name and a password, `create: false` asks for nothing.
    pub(crate) fn cannot_only_sign_in() -> Self {
        Self::bad_field("create", "To sign in without creating an account, send a username and a password.")
    }

    /// Names the field or parameter that the problem is about.
    #[must_use]
    pub(crate) fn in_field(self, field: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// 401, the same for a missing, a forged, an expired and a signed-out token.
    pub(crate) fn unauthorized() -> Self {
        Self::usual(Kind::Unauthorized)
    }

    /// 401, the same for a wrong password and for the name of a guest.
    pub(crate) fn wrong_credentials() -> Self {
        Self::usual(Kind::WrongCredentials)
    }

    /// 403: the server admits no guests, or only those with an invitation.
    pub(crate) fn guests_not_allowed(with_invitation: bool) -> Self {
        let detail = "Guests need an invitation here. Send its code, or a username and a password.".into();
        let usual = Self::usual(Kind::GuestsNotAllowed);
        if with_invitation { Self { detail, ..usual } } else { usual }
    }

    /// 403, the same for every code that does not work.
    pub(crate) fn code_not_valid() -> Self {
        Self::usual(Kind::CodeNotValid)
    }

    /// 403: allowed to others.
    pub(crate) fn forbidden(detail: &'static str) -> Self {
        Self { detail: detail.into(), ..Self::usual(Kind::Forbidden) }
    }

    /// 403: the caller is no administrator.
    pub(crate) fn only_admins() -> Self {
        Self::forbidden("Only an administrator may do that.")
    }

    /// 403: the caller may not make invitations, or not into this room.
    pub(crate) fn may_not_invite() -> Self {
        Self::forbidden("You may not invite here: see the setting invites. Only owners invite into a private room.")
    }

    /// 403: the caller is signed in, but does not know the password of the account.
    pub(crate) fn wrong_password() -> Self {
        Self::usual(Kind::WrongPassword)
    }

    /// 403: the message is another user's.
    pub(crate) fn not_yours() -> Self {
        Self::forbidden("Only its author may do that to a message.")
    }

    /// 403: the account is disabled, which only its user is told.
    pub(crate) fn account_disabled() -> Self {
        Self::usual(Kind::AccountDisabled)
    }

    /// 409: without this administrator there would be none.
    pub(crate) fn last_admin() -> Self {
        Self::usual(Kind::LastAdmin)
    }

    /// 403: the caller has no role in the room that allows it.
    pub(crate) fn not_allowed() -> Self {
        Self::forbidden("Only the owners of a room and admins may do that.")
    }

    /// 403: the caller is banned from the room.
    pub(crate) fn banned() -> Self {
        Self::forbidden("You may not join this room.")
    }

    /// 404, byte for byte the same whether a thing does not exist or the caller may not see it.
    pub(crate) fn not_found() -> Self {
        Self::usual(Kind::NotFound)
    }

    /// 408: the body did not arrive in time.
    pub(crate) fn timeout() -> Self {
        Self::usual(Kind::Timeout)
    }

    /// 409: a user or a room has this name.
    pub(crate) fn name_taken() -> Self {
        Self::usual(Kind::NameTaken)
    }

    /// 409: only a joined room has a last-read position.
    pub(crate) fn not_joined() -> Self {
        Self::usual(Kind::NotJoined)
    }

    /// 409: nobody can leave `general`.
    pub(crate) fn cannot_leave_general() -> Self {
        Self::usual(Kind::CannotLeaveGeneral)
    }

    /// 409: the user is the last owner of the room.
    pub(crate) fn last_owner() -> Self {
        Self::usual(Kind::LastOwner)
    }

    /// 409: the message is deleted.
    pub(crate) fn message_deleted() -> Self {
        Self::usual(Kind::MessageDeleted)
    }

    /// 409: the message has as many kinds of reactions as it may.
    pub(crate) fn too_many_reactions() -> Self {
        Self::usual(Kind::TooManyReactions)
    }

    /// 412: the message has changed since the given revision.
    pub(crate) fn changed_meanwhile() -> Self {
        Self::usual(Kind::ChangedMeanwhile)
    }

    /// 409: a newer held request of the same session took this one's place.
    pub(crate) fn poll_superseded() -> Self {
        Self::usual(Kind::PollSuperseded)
    }

    /// 410: this database never issued the cursor.
    pub(crate) fn cursor_reset() -> Self {
        Self::usual(Kind::CursorReset)
    }

    /// 413: the body is longer than any request needs.
    pub(crate) fn too_large() -> Self {
        Self::usual(Kind::TooLarge)
    }

    /// 415: the body is not declared to be JSON.
    pub(crate) fn not_json() -> Self {
        Self::usual(Kind::NotJson)
    }

    /// 422: the key was used for something else.
    pub(crate) fn key_reused() -> Self {
        Self::usual(Kind::KeyReused)
    }

    /// 429: the caller may retry after `wait`.
    pub(crate) fn too_many_requests(wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..Self::usual(Kind::TooManyRequests) }
    }

    /// 429: the user has created as many rooms as a user may. Rooms stay, so it is of no use to try again soon.
    pub(crate) fn too_many_rooms() -> Self {
        let detail = "You have created as many rooms as a user may.".into();
        Self { detail, ..Self::too_many_requests(Duration::from_secs(24 * 60 * 60)) }
    }

    /// 429: the user is in as many rooms as a user may be. Leaving one helps, and no time alone.
    pub(crate) fn joined_too_many_rooms() -> Self {
        let detail = "You are in as many rooms as a user may be.".into();
        Self { detail, ..Self::too_many_requests(Duration::from_secs(60)) }
    }

    /// 500: a fault of the server.
    pub(crate) fn internal() -> Self {
        Self::usual(Kind::Internal)
    }

    /// 503: a token is valid but for the server's clock. A client must not take that for the end of its session.
    pub(crate) fn wrong_clock(wait: Duration) -> Self {
        let detail = "The token is valid, but the server's clock seems to be wrong.".into();
        Self { detail, retry_after: Some(wait.min(Duration::from_secs(60))), ..Self::unavailable() }
    }

    /// 503: so many sign-ins are waiting that this one was given up.
    pub(crate) fn busy() -> Self {
        let detail = "Too many sign-ins at once. Retry-After says when to try again.".into();
        Self { detail, retry_after: Some(Duration::from_secs(2)), ..Self::unavailable() }
    }

    /// 503: so many large answers are on their way that there is no memory for one more.
    pub(crate) fn too_many_answers() -> Self {
        let detail = "Too many large answers at once. Retry-After says when to try again.".into();
        Self { detail, retry_after: Some(Duration::from_secs(2)), ..Self::unavailable() }
    }

    /// 503: the database does not answer. A retry may succeed.
    pub(crate) fn unavailable() -> Self {
        Self::usual(Kind::Unavailable)
    }
}
