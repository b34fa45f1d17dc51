//! JSON bodies: an object of at most 16 KiB, declared as JSON, that arrives in time.

use std::time::Duration;

use rocket::Request;
use rocket::data::{self, Data, FromData, ToByteUnit};
use rocket::outcome::Outcome;
use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt;

use crate::domain::problem::Problem;

const MAX_BYTES: u64 = 16 * 1024;

/// Rocket itself waits for a body without limit.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A required body.
pub(crate) struct Json<T>(pub(crate) T);

/// An optional body.
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
        Ok(Err(_)) => Err(Problem::bad_input("The body ended early.")),
        Ok(Ok(_)) if bytes.len() as u64 > MAX_BYTES => Err(Problem::too_large()),
        Ok(Ok(_)) => Ok(bytes),
    }
}

fn parse<T: DeserializeOwned>(request: &Request<'_>, bytes: &[u8]) -> Result<T, Problem> {
    if !request.content_type().is_some_and(|kind| kind.is_json()) {
        return Err(Problem::not_json());
    }
    // serde would accept an array for a struct, taking its items as the fields in order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::bad_input("The body must be a JSON object."));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        // serde's message may quote a password; line and column are enough to find the mistake.
        let (line, column) = (error.line(), error.column());
        let what = match error.classify() {
            serde_json::error::Category::Data => "A field of the body is missing or invalid",
            _ => "The body is not valid JSON",
        };
        Problem::bad_input(format!("{what}: line {line}, column {column}."))
    })
}
