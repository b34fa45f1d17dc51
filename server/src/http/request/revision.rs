//! `If-Match` on calls that change a message: the revisions that the client knows.

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};

use super::entity_tag::{Tag, tags};
use super::unreadable;
use crate::domain::ids::EventId;
use crate::domain::problem::Problem;

/// `If-Match` (RFC 9110, 13.1.1) with entity tags of a message, which are its revisions. `None` if the header is absent
/// or `*`, which any message matches.
pub(crate) struct IfMatch(pub(crate) Option<Vec<EventId>>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for IfMatch {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let headers = || request.headers().get("If-Match");
        match unreadable::check(request, "If-Match").and_then(|()| revisions_in(headers())) {
            Ok(revisions) => Outcome::Success(Self(revisions)),
            Err(problem) => problem.refuse(request),
        }
    }
}

/// A tag that no message has matches none. A proxy that compresses answers may have added a suffix, as in `1050-gzip`,
/// or made the tag weak.
fn revisions_in<'h>(headers: impl Iterator<Item = &'h str>) -> Result<Option<Vec<EventId>>, Problem> {
    let (mut known, mut is_given) = (Vec::new(), false);
    for tag in headers.flat_map(tags) {
        is_given = true;
        match tag {
            Tag::Any => return Ok(None),
            Tag::Opaque(tag) => {
                let end = tag.find(|c: char| !c.is_ascii_digit()).unwrap_or(tag.len());
                known.extend(tag[..end].parse::<EventId>().ok());
            }
            Tag::Malformed => {
                return Err(Problem::bad_input("If-Match takes the entity tag of a message, in quotes."));
            }
        }
    }
    Ok(is_given.then_some(known))
}

#[cfg(test)]
mod tests {
    use super::revisions_in;

    #[test]
    fn tags_are_revisions() {
        let of = |header| revisions_in([header].into_iter());
        assert_eq!(of("\"1050\"").unwrap(), Some(vec![1050]));
        assert_eq!(of("W/\"1050-gzip\", \"7\"").unwrap(), Some(vec![1050, 7]));
        assert_eq!(of("\"x\"").unwrap(), Some(vec![]));
        assert_eq!(of("*").unwrap(), None);
        assert_eq!(revisions_in(std::iter::empty()).unwrap(), None);
        assert!(of("1050").is_err());
    }
}
