//! Security headers, which tell browsers what they must not do with an answer. Only this file sets them; those of
//! Rocket's `Shield` are turned off. The fairing `Guarding` puts them on every answer.

use rocket::Response;

use crate::http::request::named;

/// Headers of every answer. Few and short, because each held poll pays for every byte.
const EVERYWHERE: [(&str, &str); 2] = [("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff")];

/// The policy of an answer that sets none of its own: JSON opened in a browser loads nothing.
const POLICY: (&str, &str) = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");

/// Headers of files that other sites must not load: scripts, styles and pages.
const FILES: [(&str, &str); 1] = [("Cross-Origin-Resource-Policy", "same-origin")];

/// Headers of pages. Trusted types without any policy mean that no string can become markup or script, even by mistake
/// of the page's own code. The one script inside `index.html`, which the hash names, adds a missing slash to the page's
/// address. `X-Frame-Options` is for browsers without `frame-ancestors`.
const PAGES: [(&str, &str); 4] = [
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; \
         script-src-elem 'self' 'sha256-hUcw75ogOjLINfd6vH46aVzKLMN5xOyvFGrX5NyfCPE='; style-src 'self'; \
         connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    (
        "Permissions-Policy",
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), publickey-credentials-get=(), usb=()",
    ),
    ("X-Frame-Options", "DENY"),
];

/// Adds the headers of every answer. A content security policy that is already set stays.
pub(crate) fn guard(response: &mut Response<'_>) {
    for (name, value) in EVERYWHERE {
        response.set_raw_header(name, value);
    }
    let (name, value) = POLICY;
    if !named::has(response.headers(), name) {
        response.set_raw_header(name, value);
    }
}

/// Adds the headers of a file.
pub(crate) fn guard_file(response: &mut Response<'_>) {
    for (name, value) in FILES {
        response.set_raw_header(name, value);
    }
}

/// Adds the headers of an HTML page that loads only files from this server.
pub(crate) fn guard_page(response: &mut Response<'_>) {
    for (name, value) in PAGES {
        response.set_raw_header(name, value);
    }
}
