//! The headers that tell browsers what they must not do with an answer. Only this file sets them; those of Rocket's
//! `Shield` are switched off. The fairing `Guarding` puts them on every answer.

use rocket::Response;

/// On every answer, and nowhere else. Few and short: a held poll pays for each byte.
const EVERYWHERE: [(&str, &str); 2] = [("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff")];

/// What an answer may load, unless it says otherwise: what is JSON loads nothing, whoever opens it.
const POLICY: (&str, &str) = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");

/// On what other sites have no business to load: scripts, styles, pages.
const FILES: [(&str, &str); 1] = [("Cross-Origin-Resource-Policy", "same-origin")];

/// On pages: what they may load and do. Trusted types without a policy of ours mean that no string can become markup or
/// a script, whatever the page's own code does. `X-Frame-Options` is for browsers without `frame-ancestors`.
const PAGES: [(&str, &str); 4] = [
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
         trusted-types 'none'",
    ),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    (
        "Permissions-Policy",
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), publickey-credentials-get=(), usb=()",
    ),
    ("X-Frame-Options", "DENY"),
];

/// Guards an answer like every other, unless it has been guarded better.
pub(crate) fn guard(response: &mut Response<'_>) {
    for (name, value) in EVERYWHERE {
        response.set_raw_header(name, value);
    }
    let (name, value) = POLICY;
    if !response.headers().contains(name) {
        response.set_raw_header(name, value);
    }
}

/// Guards a file.
pub(crate) fn guard_file(response: &mut Response<'_>) {
    for (name, value) in FILES {
        response.set_raw_header(name, value);
    }
}

/// Guards a page that is made of HTML, and of files that come from here.
pub(crate) fn guard_page(response: &mut Response<'_>) {
    for (name, value) in PAGES {
        response.set_raw_header(name, value);
    }
}
