//! What the rooms below cannot do, as problems. They name their own errors, so that they need not know what a client is
//! told.

use crate::domain::problem::Problem;
use crate::hub::ReadError;
use crate::journal::PostError;
use crate::sessions::Ended;
use crate::store::StoreError;

/// The cause goes to the log, never to the client.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let problem = if error.is_transient() { Self::unavailable() } else { Self::internal() };
        Self { cause: Some(error.to_string()), ..problem }
    }
}

impl From<PostError> for Problem {
    fn from(error: PostError) -> Self {
        match error {
            PostError::KeyReused => Self::key_reused(),
            PostError::Store(error) => error.into(),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::CursorReset => Self::cursor_reset(),
            ReadError::Store(error) => error.into(),
        }
    }
}

impl From<Ended> for Problem {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Superseded => Self::poll_superseded(),
            Ended::SignedOut => Self::unauthorized(),
        }
    }
}
