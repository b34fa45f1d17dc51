//! The documentation page, made from the OpenAPI document.

use std::collections::BTreeSet;
use std::process::Command;

use crate::harness::described::DOCUMENT;
use crate::harness::{TestServer, http};

/// Returns every text between two markers.
fn between<'a>(page: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
    page.split(begin).skip(1).map(|rest| rest.split(end).next().unwrap()).collect()
}

async fn page(server: &TestServer) -> String {
    http::get(&server.url("/docs")).await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn the_page_has_every_call_problem_and_object_and_all_its_links_resolve() {
    let server = TestServer::start().await;
    let page = page(&server).await;
    let ids: Vec<_> = between(&page, " id=\"", "\"");
    let names: BTreeSet<_> = ids.iter().copied().collect();
    assert_eq!(names.len(), ids.len(), "ids are unique");
    for item in DOCUMENT["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            assert!(names.contains(operation["operationId"].as_str().unwrap()), "{operation}");
        }
    }
    for schema in DOCUMENT["components"]["schemas"].as_object().unwrap().keys() {
        assert!(names.contains(format!("object-{schema}").as_str()), "{schema}");
    }
    let links = between(&page, " href=\"", "\"");
    assert!(links.len() > 200, "{}", links.len());
    for link in links {
        match link.strip_prefix('#') {
            Some(id) => assert!(names.contains(id), "{link}"),
            None => assert!(["openapi.json", "docs.css", "data:,"].contains(&link), "{link}"),
        }
    }
}

#[tokio::test]
async fn the_page_needs_no_script_inline_style_or_external_resource() {
    let server = TestServer::start().await;
    let response = http::get(&server.url("/docs")).await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    let page = response.text().await.unwrap();
    for forbidden in ["<script", "<style", " style=", " onclick", "src=", "https://"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.len() < 400 * 1024, "{}", page.len());
}

#[tokio::test]
async fn the_curl_examples_work_as_printed() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__METRICS_TOKEN", "the-token-of-the-scraper")]).await;
    let (bob, page) = (server.guest("bob").await, page(&server).await);
    bob.say("general", "something to read").await;
    let unescaped =
        |line: &str| line.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    let lines: Vec<_> =
        between(&page, "<pre class=\"curl\" tabindex=\"0\"><code>", "</code>").into_iter().map(unescaped).collect();
    let calls = DOCUMENT["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len());
    assert_eq!(lines.len(), calls.sum::<usize>());
    for line in lines.iter().filter(|line| !line.ends_with("/disconnect")) {
        let script = format!("{line} -o answer -w '%{{http_code}}'");
        let mut command = Command::new("sh");
        command.args(["-euc", &script]).current_dir(server.folder()).env("LINGER", server.url(""));
        // Some examples write to bob, so another user runs them.
        let alice = server.connect(&serde_json::json!({})).await.json::<serde_json::Value>().await.unwrap();
        command.env("TOKEN", alice["token"].as_str().unwrap()).env("METRICS_TOKEN", "the-token-of-the-scraper");
        // A held request is answered by the next message.
        let held = line.contains("/poll") || line.contains("/subscribe");
        let run = tokio::task::spawn_blocking(move || command.output().unwrap());
        if held {
            let name = alice["user"]["name"].as_str().unwrap();
            while !run.is_finished() {
                bob.say("general", "wake up").await;
                bob.tell(name, "wake up").await;
                tokio::task::yield_now().await;
            }
        }
        let status = String::from_utf8(run.await.unwrap().stdout).unwrap();
        // The example for leaving names general, which no user can leave.
        let expected = match line {
            line if line.ends_with("/leave") => "409",
            line if line.contains("/problems/") => "303",
            // The caller is no administrator.
            line if line.contains("/users/bob/code") || line.contains("\"uses\"") => "403",
            line if line.contains("/invites/") => "404",
            // The caller has no conversation with bob yet, and did not write what is in the room.
            line if line.contains("/direct/bob/messages/1") => "404",
            // A guest has no former password, that session is not the caller's, and only administrators change users.
            line if line.ends_with("/me/password") || line.contains("-X PATCH $LINGER/users/") => "403",
            line if line.ends_with("/me/sessions/bob") => "404",
            line if line.ends_with("-X DELETE $LINGER/users/bob") || line.contains("\"name\":\"carol\"") => "403",
            // Nor does the caller own general.
            line if line.contains("/members/") => "403",
            line if line.contains("-X PATCH $LINGER/room") || line.ends_with("-X DELETE $LINGER/room/1/messages/1") => {
                "403"
            }
            _ => "2",
        };
        assert!(status.starts_with(expected), "{status}: {line}");
    }
}
