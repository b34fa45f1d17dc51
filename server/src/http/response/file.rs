//! Static files, which are the same for every client until the next version. A browser either keeps its copy for good,
//! or revalidates it each time (RFC 9110, 13.1.2), which costs a 304 without a body. Only the latter have an `ETag`.

use std::hash::Hasher;
use std::io::{Cursor, Write};
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use rocket::Request;
use rocket::http::{ContentType, HeaderMap, Status};
use rocket::response::{self, Responder, Response};
use siphasher::sip128::{Hasher128, SipHasher13};

use super::guard;

/// A file in both encodings that it is sent in. It is made once and cloned for each answer, which copies no bytes.
#[derive(Clone)]
pub(crate) struct StaticFile {
    content: Arc<Content>,
    caching: Caching,
}

/// How long browsers may use their copy.
#[derive(Clone, Copy)]
pub(crate) enum Caching {
    /// As long as the server confirms it.
    Revalidated,
    /// Forever: another content has another address.
    Forever,
    /// Not at all.
    Never,
}

struct Content {
    kind: ContentType,
    plain: Encoded,
    gzip: Encoded,
}

/// The bytes as they are sent, with their strong entity tag. Each encoding is a representation with a tag of its own
/// (RFC 9110, 8.8.3.3).
struct Encoded {
    bytes: Arc<[u8]>,
    tag: String,
}

impl StaticFile {
    /// Compresses a file. Browsers revalidate their copies, and HTML may load files of this server only.
    pub(crate) fn new(kind: ContentType, bytes: &[u8]) -> Self {
        let mut hasher = SipHasher13::new();
        hasher.write(bytes);
        let hash = hasher.finish128().as_u128();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("a vector takes everything");
        let gzip = encoder.finish().expect("a vector takes everything");
        let content = Arc::new(Content {
            kind,
            plain: Encoded { bytes: bytes.into(), tag: format!("\"{hash:032x}\"") },
            gzip: Encoded { bytes: gzip.into(), tag: format!("\"{hash:032x}-gzip\"") },
        });
        Self { content, caching: Caching::Revalidated }
    }

    /// Sets how long browsers may use their copy.
    pub(crate) fn cached(self, caching: Caching) -> Self {
        Self { caching, ..self }
    }
}

impl Caching {
    fn directives(self) -> &'static str {
        match self {
            Self::Revalidated => "no-cache",
            Self::Forever => "public, max-age=31536000, immutable",
            Self::Never => "no-store",
        }
    }
}

impl<'r> Responder<'r, 'static> for StaticFile {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let Content { kind, plain, gzip } = &*self.content;
        let encoded = if accepts_gzip(request.headers()) { gzip } else { plain };
        let mut response = Response::build();
        // A 304 has them too: the browser replaces the headers of its copy.
        response.raw_header("Cache-Control", self.caching.directives()).raw_header("Vary", "Accept-Encoding");
        // A copy that is kept forever, or not at all, is never revalidated.
        let is_revalidated = matches!(self.caching, Caching::Revalidated);
        if is_revalidated {
            response.raw_header("ETag", encoded.tag.clone());
        }
        if is_revalidated && is_known(request.headers(), &encoded.tag) {
            response.status(Status::NotModified);
        } else {
            response.header(kind.clone()).sized_body(encoded.bytes.len(), Cursor::new(Arc::clone(&encoded.bytes)));
            if std::ptr::eq(encoded, gzip) {
                response.raw_header("Content-Encoding", "gzip");
            }
        }
        let mut response = response.finalize();
        guard::guard_file(&mut response);
        if kind.is_html() {
            guard::guard_page(&mut response);
        }
        Ok(response)
    }
}

/// Returns whether `If-None-Match` lists the tag or is `*`. One of our tags, with its quotes, occurs in a list only as
/// an item, so no parsing is needed. A weak tag compares like a strong one.
fn is_known(headers: &HeaderMap<'_>, tag: &str) -> bool {
    headers.get("If-None-Match").any(|known| known.trim() == "*" || known.contains(tag))
}

/// Returns whether `Accept-Encoding` (RFC 9110, 12.5.3) accepts gzip and does not prefer the uncompressed file.
fn accepts_gzip(headers: &HeaderMap<'_>) -> bool {
    let weight_of = |coding: &str| {
        let mut items = headers.get("Accept-Encoding").flat_map(|header| header.split(','));
        items.find_map(|item| {
            let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
            let weight = parameters.trim().trim_start_matches(['q', 'Q']).trim_start().trim_start_matches('=');
            name.trim().eq_ignore_ascii_case(coding).then(|| weight.trim().parse::<f32>().unwrap_or(1.0))
        })
    };
    let gzip = weight_of("gzip").or_else(|| weight_of("x-gzip")).or_else(|| weight_of("*")).unwrap_or(0.0);
    gzip > 0.0 && gzip >= weight_of("identity").unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use rocket::http::{Header, HeaderMap};

    use super::{accepts_gzip, is_known};

    fn headers(name: &'static str, value: &'static str) -> HeaderMap<'static> {
        let mut headers = HeaderMap::new();
        headers.add(Header::new(name, value));
        headers
    }

    #[test]
    fn gzip_is_sent_only_if_accepted_and_not_less_than_identity() {
        for yes in
            ["gzip", "GZip", "x-gzip", "deflate, gzip;q=0.5, br", "gzip; q=1.0", "*", "br, *;q=0.1", "gzip , identity"]
        {
            assert!(accepts_gzip(&headers("Accept-Encoding", yes)), "{yes}");
        }
        for no in [
            "",
            "identity",
            "br",
            "gzip;q=0",
            "gzip; Q=0.000",
            "*;q=0",
            "gzip;q=0, *",
            "gzip;q=0.5, identity",
            "gzipped",
        ] {
            assert!(!accepts_gzip(&headers("Accept-Encoding", no)), "{no}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()), "without the header");
    }

    #[test]
    fn a_tag_is_known_alone_in_a_list_weak_or_as_any() {
        for yes in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "\"b\",W/\"a\" ", "*", " * "] {
            assert!(is_known(&headers("If-None-Match", yes), "\"a\""), "{yes}");
        }
        for no in ["", "a", "\"b\"", "\"ab\"", "\"a-gzip\"", "\"*\""] {
            assert!(!is_known(&headers("If-None-Match", no), "\"a\""), "{no}");
        }
    }
}
