//! The contract's calls as a table: these are the server's routes.

use std::collections::BTreeSet;

use linger_server::Server;
use linger_server::config::{self, Overrides};

use crate::harness::{Client, TestServer, assert_problem};

/// Every call of the contract, with parameters as in the server's routes.
pub(crate) const CALLS: [&str; 64] = [
    "GET /server",
    "POST /invites",
    "GET /invites",
    "DELETE /invites/<id>",
    "POST /me/code",
    "POST /users/<name>/code",
    "POST /connect",
    "POST /disconnect",
    "POST /me/token",
    "POST /me/away",
    "GET /me",
    "PATCH /me",
    "DELETE /me",
    "PUT /me/password",
    "GET /me/sessions",
    "DELETE /me/sessions",
    "DELETE /me/sessions/<session>",
    "GET /poll",
    "POST /send",
    "POST /send-private",
    "GET /rooms",
    "POST /rooms",
    "GET /room/<id>",
    "PATCH /room/<id>",
    "GET /room/<id>/members",
    "PUT /room/<id>/members/<name>",
    "DELETE /room/<id>/members/<name>",
    "POST /room/<id>/join",
    "POST /room/<id>/leave",
    "GET /room/<id>/messages",
    "POST /room/<id>/messages",
    "GET /room/<id>/subscribe",
    "POST /room/<id>/read",
    "GET /direct",
    "GET /direct/<name>/messages",
    "POST /direct/<name>/messages",
    "POST /direct/<name>/read",
    "GET /direct/subscribe",
    "GET /room/<id>/messages/<seq>",
    "PATCH /room/<id>/messages/<seq>",
    "DELETE /room/<id>/messages/<seq>",
    "GET /room/<id>/messages/<seq>/reactions",
    "PUT /room/<id>/messages/<seq>/reactions/<emoji>",
    "DELETE /room/<id>/messages/<seq>/reactions/<emoji>",
    "GET /direct/<name>/messages/<seq>",
    "PATCH /direct/<name>/messages/<seq>",
    "DELETE /direct/<name>/messages/<seq>",
    "GET /direct/<name>/messages/<seq>/reactions",
    "PUT /direct/<name>/messages/<seq>/reactions/<emoji>",
    "DELETE /direct/<name>/messages/<seq>/reactions/<emoji>",
    "GET /status",
    "GET /users",
    "POST /users",
    "GET /users/<name>",
    "PATCH /users/<name>",
    "DELETE /users/<name>",
    "GET /health",
    "GET /metrics",
    "GET /",
    "GET /page/<hash>/<file>",
    "GET /openapi.json",
    "GET /docs",
    "GET /docs.css",
    "GET /problems/<kind>",
];

/// The calls that ignore tokens.
pub(crate) const ANONYMOUS: [&str; 8] = [
    "GET /server",
    "GET /health",
    "GET /",
    "GET /page/<hash>/<file>",
    "GET /openapi.json",
    "GET /docs",
    "GET /docs.css",
    "GET /problems/<kind>",
];

/// The call with its own token instead of a session's. It exists because the harness enables it.
pub(crate) const FOR_SCRAPERS: &str = "GET /metrics";

/// Fills in a message, an emoji and a session.
pub(crate) fn with_message(path: &str) -> String {
    path.replace("<seq>", "1").replace("<emoji>", "%F0%9F%91%8D").replace("<session>", "none")
}

/// Returns whether a call needs no token.
pub(crate) fn is_open(call: &str) -> bool {
    call == "POST /connect" || ANONYMOUS.contains(&call)
}

#[tokio::test]
async fn the_routes_are_the_contracts_calls() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("linger.db");
    let overrides = Overrides { database_url: Some(format!("sqlite:{}", database.display())), ..Overrides::default() };
    let figment = config::figment(&overrides).merge(("chat.signing_key_file", folder.path().join("signing.key")));
    let server = Server::ignite(figment).await.unwrap();
    let routes: BTreeSet<_> = server.routes().into_iter().collect();
    assert_eq!(routes, CALLS.map(str::to_owned).into());
}

#[tokio::test]
async fn every_call_that_needs_a_token_is_401_without_one() {
    let server = TestServer::start().await;
    let http = Client::new();
    for call in CALLS {
        let (method, path) = call.split_once(' ').unwrap();
        // 401 comes first, whatever else is wrong with the request: a caller without a token learns nothing more.
        let plain = [path.replace("<id>", "1").replace("<name>", "alice")];
        let wrong = [path.replace("<id>", "x").replace("<name>", "!"), format!("{path}?limit=x&room=!&cursor=!")];
        for path in plain.iter().chain(&wrong) {
            let request = http.request(method.parse().unwrap(), server.url(path)).body("not JSON");
            let response = request.send().await.unwrap();
            if is_open(call) {
                assert_ne!(response.status(), 401, "{method} {path}");
            } else {
                assert_eq!(response.status(), 401, "{method} {path}");
                assert_problem(response, 401, "unauthorized").await;
            }
        }
    }
}
