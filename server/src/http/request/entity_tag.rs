//! `If-None-Match` on held calls: cursors that come back as entity tags.

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};

use super::{named, unreadable};
use crate::domain::cursor::Cursor;
use crate::domain::problem::Problem;

/// `If-None-Match` (RFC 9110, 13.1.2) with the entity tag of an earlier answer, which is its cursor.
pub(crate) enum KnownCursor {
    NotAsked,
    /// The header names no cursor, but still asks for 304 if there are no messages: `*`, or the empty tag that curl
    /// sends when the file with the tag does not exist yet.
    Unknown,
    Known(Cursor),
}

/// Only so many tags of a list are looked at.
const MAX_TAGS: usize = 32;

/// The most characters that a proxy may have added to a tag.
const MAX_SUFFIX: usize = 16;

impl KnownCursor {
    /// Returns whether the header was sent, for a request whose cursor is elsewhere.
    pub(crate) fn only_asked(request: &Request<'_>) -> Self {
        if named::first(request, "If-None-Match").is_some() { Self::Unknown } else { Self::NotAsked }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for KnownCursor {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let known = unreadable::check(request, "If-None-Match")
            .and_then(|()| known_in(named::values(request, "If-None-Match")));
        match known {
            Ok(known) => Outcome::Success(known),
            Err(problem) => problem.refuse(request),
        }
    }
}

/// Returns the cursor of the header. In a list, other servers' tags are passed over; of several cursors the one that is
/// furthest along counts, because the client has what each of them stands for.
fn known_in<'h>(headers: impl Iterator<Item = &'h str>) -> Result<KnownCursor, Problem> {
    let mut known = KnownCursor::NotAsked;
    let mut is_malformed = false;
    for tag in headers.flat_map(tags).take(MAX_TAGS) {
        let found = match tag {
            Tag::Any | Tag::Opaque("") => KnownCursor::Unknown,
            Tag::Opaque(tag) => match cursor_in(tag) {
                Some(cursor) => KnownCursor::Known(cursor),
                None => {
                    is_malformed = true;
                    continue;
                }
            },
            Tag::Malformed => {
                is_malformed = true;
                continue;
            }
        };
        known = match (known, found) {
            (KnownCursor::Known(one), KnownCursor::Known(other)) => {
                KnownCursor::Known(if other.after > one.after { other } else { one })
            }
            (KnownCursor::Known(one), _) => KnownCursor::Known(one),
            (_, found) => found,
        };
    }
    match known {
        KnownCursor::NotAsked if is_malformed => {
            Err(Problem::bad_input("If-None-Match has no entity tag of an earlier answer."))
        }
        known => Ok(known),
    }
}

/// An item of the header.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tag<'h> {
    Any,
    /// A weak or strong tag without its quotes. Both compare alike here.
    Opaque(&'h str),
    Malformed,
}

/// Returns the items of a header. What follows a closing quote up to the comma is passed over: some proxies put their
/// suffix there.
pub(super) fn tags(header: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut rest = Some(header);
    std::iter::from_fn(move || {
        let item = rest?.trim_start();
        let bare = item.strip_prefix("W/").unwrap_or(item);
        let (tag, after) = match bare.strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
            Some((tag, after)) => (Tag::Opaque(tag), after),
            None => match bare.split(',').next().unwrap_or_default().trim() {
                "" => (Tag::Opaque(""), bare),
                "*" => (Tag::Any, bare),
                _ => (Tag::Malformed, bare),
            },
        };
        rest = after.split_once(',').map(|(_, next)| next);
        Some(tag)
    })
}

/// Returns the cursor that a tag is, or `None` if it is none. A proxy that compresses answers may have added a suffix,
/// as in `CURSOR-gzip`; a cursor's checksum tells where it ends.
fn cursor_in(tag: &str) -> Option<Cursor> {
    let first = tag.len().saturating_sub(MAX_SUFFIX);
    let ends = tag.char_indices().rev().filter(|(at, c)| *at >= first && !c.is_ascii_alphanumeric());
    let ends = std::iter::once(tag.len()).chain(ends.map(|(at, _)| at));
    ends.filter_map(|end| Cursor::parse(&tag[..end]).ok()).next()
}

#[cfg(test)]
mod tests {
    use super::{KnownCursor, Tag, cursor_in, known_in, tags};
    use crate::domain::cursor::{Cursor, CursorKey};

    fn cursor(after: i64) -> Cursor {
        Cursor::new(&CursorKey::new(&[1; 16]), 7, after, 9, vec![], None)
    }

    #[test]
    fn a_header_is_a_list_of_tags() {
        let of = |header| tags(header).collect::<Vec<_>>();
        assert_eq!(of("\"a\""), [Tag::Opaque("a")]);
        assert_eq!(of(" W/\"a\" , \"b,c\",*"), [Tag::Opaque("a"), Tag::Opaque("b,c"), Tag::Any]);
        assert_eq!(of("\"a\"-gzip, \"\""), [Tag::Opaque("a"), Tag::Opaque("")]);
        assert_eq!(of(""), [Tag::Opaque("")]);
        assert_eq!(of("a, \"b"), [Tag::Malformed, Tag::Malformed]);
    }

    #[test]
    fn a_suffix_of_a_proxy_is_passed_over() {
        let cursor = cursor(41);
        for suffix in ["", "-gzip", "--gzip", ";gzip", ":br", "-zstd", "-df", "_gzip", ".gz"] {
            assert_eq!(cursor_in(&format!("{cursor}{suffix}")), Some(cursor.clone()), "{suffix}");
        }
        for none in ["", "x", "-gzip", "abc-gzip", "ä-gzip", "-a-very-long-suffix-of-something"] {
            assert_eq!(cursor_in(none), None, "{none}");
        }
    }

    #[test]
    fn the_furthest_cursor_of_a_list_counts() {
        let (one, two) = (cursor(1), cursor(2));
        for list in [
            format!("\"{one}\", W/\"{two}-gzip\""),
            format!("\"{two}\",\"{one}\""),
            format!("x, \"{two}\", *"),
            format!("\"\", \"{two}\""),
        ] {
            let known = known_in([list.as_str()].into_iter()).unwrap();
            assert!(matches!(known, KnownCursor::Known(cursor) if cursor == two), "{list}");
        }
        assert!(matches!(known_in(["*"].into_iter()), Ok(KnownCursor::Unknown)));
        assert!(matches!(known_in(["\"\"", "\"\""].into_iter()), Ok(KnownCursor::Unknown)));
        assert!(matches!(known_in(std::iter::empty()), Ok(KnownCursor::NotAsked)));
        for bad in ["x", "\"x\"", "\"", "\"x", "\"a\", \"b\"", "W/x"] {
            assert!(known_in([bad].into_iter()).is_err(), "{bad}");
        }
    }
}
