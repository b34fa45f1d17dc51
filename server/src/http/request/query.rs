//! Query parameters, parsed into one type per request. Unknown parameters are ignored; an invalid or repeated one is
//! 400. Rocket would answer 404 or 422, or use the first.

use linger_api::schema;
use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::fields;
use crate::domain::ids::Seq;
use crate::domain::name::Name;
use crate::domain::problem::Problem;

/// A request's query parameters.
pub(crate) struct Query<T>(pub(crate) T);

#[rocket::async_trait]
impl<'r, T: DeserializeOwned> FromRequest<'r> for Query<T> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let query = request.uri().query().map_or("", |query| query.as_str());
        match fields::parse_query(query) {
            Ok(parameters) => Outcome::Success(Self(parameters)),
            Err(problem) => problem.refuse(request),
        }
    }
}

/// The query of a listing by id.
#[derive(serde::Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// Lists only ids above this one.
    #[param(nullable = false)]
    after: Option<i64>,
    /// Maximum number of items. 100 by default; more than 500 counts as 500.
    #[param(minimum = 1, nullable = false)]
    limit: Option<i64>,
}

impl Listing {
    pub(crate) fn after(&self) -> i64 {
        self.after.unwrap_or(0)
    }

    /// # Errors
    /// 400 if it is below 1.
    pub(crate) fn limit(&self) -> Result<i64, Problem> {
        listing_limit(self.limit)
    }
}

/// The query of a listing by the beginning of names.
#[derive(serde::Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Beginning {
    /// Lists only those whose names begin like this.
    #[param(value_type = schema::NameToFold, required = false)]
    prefix: Option<String>,
}

impl Beginning {
    /// Returns the prefix, folded; empty if any name will do.
    ///
    /// # Errors
    /// 400 if no name begins like this.
    pub(crate) fn prefix(&self) -> Result<String, Problem> {
        let prefix = self.prefix.as_deref().map(|prefix| Name::parse_field("prefix", prefix)).transpose()?;
        Ok(prefix.map_or_else(String::new, |prefix| prefix.to_string()))
    }
}

/// Returns the prefix as a part of the link to the next page.
pub(crate) fn prefix_in_link(prefix: &str) -> String {
    if prefix.is_empty() { String::new() } else { format!("&prefix={prefix}") }
}

/// Returns the maximum number of items of a listing: 100 by default, at most 500.
///
/// # Errors
/// 400 if it is below 1.
pub(crate) fn listing_limit(asked: Option<i64>) -> Result<i64, Problem> {
    limit_of(asked, 100, 500)
}

/// Returns a limit of at most `most`.
///
/// # Errors
/// 400 if it is below 1.
pub(crate) fn limit_of(asked: Option<i64>, default: i64, most: i64) -> Result<i64, Problem> {
    match asked.unwrap_or(default) {
        ..=0 => Err(Problem::bad_field("limit", "limit must be at least 1.")),
        limit => Ok(limit.min(most)),
    }
}

/// Checks a position in a conversation.
///
/// # Errors
/// 400 if it is below 0.
pub(crate) fn seq_of(seq: i64) -> Result<Seq, Problem> {
    if seq < 0 { Err(Problem::bad_field("seq", "seq must be 0 or more.")) } else { Ok(seq) }
}
