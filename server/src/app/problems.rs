//! Turns the errors of the modules below into problems. Those modules have errors of their own and need not know what
//! clients are told.

use crate::domain::problem::{Cause, Fault, Kind, Problem};
use crate::domain::right::Refusal;
use crate::hub::ReadError;
use crate::journal::{ChangeError, CodeError, PostError, RoomError, UserError};
use crate::sessions::Ended;
use crate::store::StoreError;

/// Keeps the cause for the log; it is never sent to the client.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let problem = if error.is_transient() { Self::unavailable() } else { Self::internal() };
        let fault = match &error {
            error if !error.is_transient() => Fault::Server,
            error if error.is_damage() => Fault::Damage,
            StoreError::NotCommitted => Fault::Journal,
            _ => Fault::Database,
        };
        Self { cause: Some(Box::new(Cause { text: error.to_string(), fault })), ..problem }
    }
}

impl From<PostError> for Problem {
    fn from(error: PostError) -> Self {
        match error {
            PostError::KeyReused => Self::key_reused(),
            PostError::Refused(refusal) => refusal.into(),
            PostError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NotFound => Self::not_found(),
            ChangeError::NotAllowed => Self::not_yours(),
            ChangeError::Refused(refusal) => refusal.into(),
            ChangeError::Deleted => Self::message_deleted(),
            ChangeError::Stale => Self::changed_meanwhile(),
            ChangeError::TooManyKinds => Self::too_many_reactions(),
            ChangeError::Store(error) => error.into(),
        }
    }
}

impl From<RoomError> for Problem {
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::KeyReused => Self::key_reused(),
            RoomError::NameTaken => Self::name_taken(),
            RoomError::TooMany => Self::too_many_rooms(),
            RoomError::JoinedTooMany => Self::joined_too_many_rooms(),
            RoomError::Refused(refusal) => refusal.into(),
            RoomError::Banned => Self::banned(),
            RoomError::LastOwner => Self::last_owner(),
            RoomError::GeneralStays => Self::cannot_leave_general(),
            RoomError::GeneralIsPublic(field) => Self::bad_field(field, "general is always public and never archived."),
            RoomError::NoSuchUsers(names) => {
                Self::bad_field("members", format!("There are no users named {}.", names.join(", ")))
            }
            RoomError::Store(error) => error.into(),
        }
    }
}

impl From<CodeError> for Problem {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::NotValid => Self::code_not_valid(),
            CodeError::NameTaken => Self::name_taken(),
            CodeError::NotAllowed => Self::may_not_invite(),
            CodeError::NotAdmin => Self::only_admins(),
            CodeError::SignedOut => Self::unauthorized(),
            CodeError::NotFound => Self::not_found(),
            CodeError::JoinedTooMany => Self::joined_too_many_rooms(),
            CodeError::Store(error) => error.into(),
        }
    }
}

impl From<UserError> for Problem {
    fn from(error: UserError) -> Self {
        match error {
            UserError::NotAllowed => Self::only_admins(),
            UserError::NotFound => Self::not_found(),
            UserError::LastAdmin => Self::last_admin(),
            UserError::NameTaken => Self::name_taken(),
            UserError::Store(error) => error.into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::not_found(),
            Refusal::Forbidden => Self::not_allowed(),
            Refusal::ReadOnly => Self::usual(Kind::ReadOnly),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::CursorReset => Self::cursor_reset(),
            ReadError::Hidden => Self::not_found(),
            ReadError::Store(error) => error.into(),
        }
    }
}

impl From<Ended> for Problem {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Superseded | Ended::Away => Self::poll_superseded(),
            Ended::SignedOut | Ended::Renewed => Self::unauthorized(),
        }
    }
}
