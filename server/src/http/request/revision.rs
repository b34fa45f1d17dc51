//! Entity tags of messages: `If-Match` on calls that change a message, and `If-None-Match` on calls that read one.

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

/// Returns whether a header `If-None-Match` (RFC 9110, 13.1.2) has the tag of this revision, or is `*`. Tags that no
/// message has are passed over.
pub(crate) fn has_revision(header: &str, revision: EventId) -> bool {
    tags(header).any(|tag| match tag {
        Tag::Any => true,
        Tag::Opaque(tag) => revision_of(tag) == Some(revision),
        Tag::Malformed => false,
    })
}

/// Returns the revision that a tag is. A proxy that compresses answers may have added a suffix, as in `1050-gzip`.
fn revision_of(tag: &str) -> Option<EventId> {
    let end = tag.find(|c: char| !c.is_ascii_digit()).unwrap_or(tag.len());
    tag[..end].parse().ok()
}

/// A tag that no message has matches none. A weak tag counts like a strong one: a proxy may have made it weak.
fn revisions_in<'h>(headers: impl Iterator<Item = &'h str>) -> Result<Option<Vec<EventId>>, Problem> {
    let (mut known, mut is_given) = (Vec::new(), false);
    for tag in headers.flat_map(tags) {
        is_given = true;
        match tag {
            Tag::Any => return Ok(None),
            Tag::Opaque(tag) => known.extend(revision_of(tag)),
            Tag::Malformed => {
                return Err(Problem::bad_input("If-Match takes the entity tag of a message, in quotes."));
            }
        }
    }
    Ok(is_given.then_some(known))
}

#[cfg(test)]
mod tests {
    use super::{has_revision, revisions_in};

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

    #[test]
    fn a_known_revision_is_found_in_a_list() {
        for header in ["\"1050\"", "W/\"1050\"", "\"7\", \"1050-gzip\"", "x, \"1050\"", "*"] {
            assert!(has_revision(header, 1050), "{header}");
        }
        for header in ["", "\"\"", "1050", "\"105\"", "\"x\"", "\"10500\""] {
            assert!(!has_revision(header, 1050), "{header}");
        }
    }
}
