//! Query parameters, all of a request's in one type. Unknown ones are ignored; one that cannot be read, or
//! that comes twice, is 400. Rocket would make 404 or 422 of it, or take the first.

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::domain::ids::Seq;
use crate::domain::problem::Problem;

/// A request's query parameters.
pub(crate) struct Query<T>(pub(crate) T);

#[rocket::async_trait]
impl<'r, T: DeserializeOwned> FromRequest<'r> for Query<T> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let query = request.uri().query().map_or("", |query| query.as_str());
        match serde_urlencoded::from_str(query) {
            Ok(parameters) => Outcome::Success(Self(parameters)),
            Err(error) => {
                let problem = Problem::bad_input(format!("A query parameter cannot be read: {error}."));
                Outcome::Error(problem.leave(request))
            }
        }
    }
}

/// A page of a listing: what has an id above `after`.
#[derive(serde::Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// Only ids above this one.
    #[param(nullable = false)]
    after: Option<i64>,
    /// How many at most, 100 unless given; more than 500 is 500.
    #[param(minimum = 1, nullable = false)]
    limit: Option<i64>,
}

impl Listing {
    pub(crate) fn after(&self) -> i64 {
        self.after.unwrap_or(0)
    }

    /// # Errors
    /// 400 for less than 1; more than the most is the most.
    pub(crate) fn limit(&self) -> Result<i64, Problem> {
        listing_limit(self.limit)
    }
}

/// How many items a page of a listing has: 100 unless the request says otherwise, 500 at most.
///
/// # Errors
/// 400 for less than 1.
pub(crate) fn listing_limit(asked: Option<i64>) -> Result<i64, Problem> {
    limit_of(asked, 100, 500)
}

/// A limit between 1 and `most`: too much is cut, too little is senseless.
pub(crate) fn limit_of(asked: Option<i64>, default: i64, most: i64) -> Result<i64, Problem> {
    match asked.unwrap_or(default) {
        ..=0 => Err(Problem::bad_input("limit is at least 1.")),
        limit => Ok(limit.min(most)),
    }
}

/// A position in a conversation, as a client names it.
///
/// # Errors
/// 400 for less than 0.
pub(crate) fn seq_of(seq: i64) -> Result<Seq, Problem> {
    if seq < 0 { Err(Problem::bad_input("A seq is 0 or more.")) } else { Ok(seq) }
}
