//! JSON bodies: at most 16 KiB, said to be JSON, an object, and here in time.

use std::time::Duration;

use rocket::Request;
use rocket::data::{self, Data, FromData, ToByteUnit};
use rocket::outcome::Outcome;
use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt;

use crate::domain::problem::Problem;

const MAX_BYTES: u64 = 16 * 1024;

/// Rocket waits for a body for ever.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A body that must be there.
pub(crate) struct Json<T>(pub(crate) T);

/// A body that may be left out.
pub(crate) struct Body<T>(pub(crate) Option<T>);

#[rocket::async_trait]
impl<'r, T: DeserializeOwned> FromData<'r> for Json<T> {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        let value = match read(data).await {
            Ok(bytes) => parse(request, &bytes),
            Err(problem) => Err(problem),
        };
        match value {
            Ok(value) => Outcome::Success(Self(value)),
            Err(problem) => Outcome::Error(problem.leave(request)),
        }
    }
}

#[rocket::async_trait]
impl<'r, T: DeserializeOwned> FromData<'r> for Body<T> {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        let value = match read(data).await {
            Ok(bytes) if bytes.is_empty() => Ok(None),
            Ok(bytes) => parse(request, &bytes).map(Some),
            Err(problem) => Err(problem),
        };
        match value {
            Ok(value) => Outcome::Success(Self(value)),
            Err(problem) => Outcome::Error(problem.leave(request)),
        }
    }
}

async fn read(data: Data<'_>) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let mut stream = data.open((MAX_BYTES + 1).bytes());
    match tokio::time::timeout(READ_TIMEOUT, stream.read_to_end(&mut bytes)).await {
        Err(_) => Err(Problem::timeout()),
        Ok(Err(_)) => Err(Problem::bad_input("The body ended before its time.")),
        Ok(Ok(_)) if bytes.len() as u64 > MAX_BYTES => Err(Problem::too_large()),
        Ok(Ok(_)) => Ok(bytes),
    }
}

fn parse<T: DeserializeOwned>(request: &Request<'_>, bytes: &[u8]) -> Result<T, Problem> {
    if !request.content_type().is_some_and(|kind| kind.is_json()) {
        return Err(Problem::not_json());
    }
    // serde would take an array for a struct, its items for the fields in their order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::bad_input("The body is not a JSON object."));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        // serde's words quote values, which may be a password; the place is enough to find the mistake.
        let (line, column) = (error.line(), error.column());
        let what = match error.classify() {
            serde_json::error::Category::Data => "The body's fields are not as they should be",
            _ => "The body is not JSON",
        };
        Problem::bad_input(format!("{what}: line {line}, column {column}."))
    })
}
