//! HTTP requests as bytes.

/// Returns a POST of JSON, with a bearer token if given.
pub(crate) fn post(path: &str, token: Option<&str>, body: &str) -> Vec<u8> {
    with_body("POST", path, token, body)
}

/// Returns a PATCH of JSON with a bearer token.
pub(crate) fn patch(path: &str, token: &str, body: &str) -> Vec<u8> {
    with_body("PATCH", path, Some(token), body)
}

fn with_body(method: &str, path: &str, token: Option<&str>, body: &str) -> Vec<u8> {
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{authorization}Content-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Returns a GET with a bearer token.
pub(crate) fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n").into_bytes()
}
