//! Headers by name. Rocket's map hashes a name letter by letter, which costs several times more than comparing it with
//! the names of the few headers that a request or answer has. Each held poll asks for a dozen.

use std::borrow::Cow;

use rocket::Request;
use rocket::http::HeaderMap;

/// Returns the values of a header, in their order.
pub(crate) fn values<'r>(request: &'r Request<'_>, name: &str) -> impl Iterator<Item = &'r str> {
    let named = request.headers().iter().filter(move |header| header.name == *name);
    named.filter_map(|header| match header.value {
        Cow::Borrowed(value) => Some(value),
        // Never: the map lends its values.
        Cow::Owned(_) => None,
    })
}

/// Returns the first value of a header, or `None` if the request does not have it.
pub(crate) fn first<'r>(request: &'r Request<'_>, name: &str) -> Option<&'r str> {
    values(request, name).next()
}

/// Returns whether there is a header of this name.
pub(crate) fn has(headers: &HeaderMap<'_>, name: &str) -> bool {
    headers.iter().any(|header| header.name == *name)
}

#[cfg(test)]
mod tests {
    use rocket::http::Header;
    use rocket::local::blocking::Client;

    use super::{first, has, values};

    #[test]
    fn values_are_found_whatever_the_case_of_the_name() {
        let client = Client::untracked(rocket::custom(rocket::Config::debug_default())).unwrap();
        let request = client.get("/").header(Header::new("PREFER", "a"));
        let request = request.header(Header::new("Host", "b")).header(Header::new("prefer", "c"));
        let request = request.inner();
        assert_eq!(values(request, "Prefer").collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!((first(request, "host"), first(request, "Hos")), (Some("b"), None));
        assert_eq!((has(request.headers(), "host"), has(request.headers(), "Hos")), (true, false));
    }
}
