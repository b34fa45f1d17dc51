//! The text of a message: one rule for all calls that send.

use linger_api::Message;
use serde_json::{Value, json};

use crate::harness::{EventStream, TestServer, assert_problem, texts};

/// The four calls that send, with paths that reach general or bob.
const SENDS: [&str; 4] = ["/send", "/send-private", "/room/1/messages", "/direct/bob/messages"];

/// Returns a body for the call.
fn saying(path: &str, text: impl Into<Value>) -> Value {
    match path {
        "/send-private" => json!({ "text": text.into(), "to": "bob" }),
        _ => json!({ "text": text.into() }),
    }
}

#[tokio::test]
async fn a_text_has_1_to_16384_bytes_something_visible_and_no_control_characters() {
    let server = TestServer::start().await;
    let (alice, _bob) = (server.guest("alice").await, server.guest("bob").await);
    let (longest, longest_wide) = ("x".repeat(16_384), "é".repeat(8192));
    let good =
        ["x", " x ", "two\nlines\tand a tab", "Grüße, 世界 🐎", "<b>&\"'\\", "\u{feff}x", &longest, &longest_wide];
    let (long, long_wide) = ("x".repeat(16_385), "é".repeat(8193));
    let bad = [
        "",
        " ",
        "\n",
        "\t \n",
        "\u{a0}\u{2003}",
        "nul\0",
        "\u{1b}[31mred",
        "line\r",
        "\r\n",
        "\u{200b}",
        "\u{2060}\u{feff}",
        "\u{2800}",
        "\u{3164}",
        "\u{ad} \u{202e}",
        "\u{7f}",
        "\u{9b}2J",
        "\u{8}",
        &long,
        &long_wide,
    ];
    for path in SENDS {
        for text in good {
            let response = alice.post(path, &saying(path, text)).await;
            assert_eq!(response.status(), 201, "{path} {text:?}");
            assert_eq!(response.json::<Message>().await.unwrap().text, text, "{path}: the text is unchanged");
        }
        for text in bad {
            let response = alice.post(path, &saying(path, text)).await;
            assert_eq!(response.status(), 400, "{path} {text:?}");
            assert_problem(response, 400, "bad-input").await;
        }
        for text in [Value::Null, json!(7)] {
            let problem = assert_problem(alice.post(path, &saying(path, text)).await, 400, "bad-input").await;
            assert_eq!(problem["errors"], json!([{ "field": "text", "detail": "text must be a string." }]), "{path}");
        }
        let problem = assert_problem(alice.post(path, &json!({})).await, 400, "bad-input").await;
        assert_eq!(problem["errors"][0]["field"], "text", "{path}");
    }
    let twice = [good, good].concat();
    assert_eq!(texts(&alice.history("/room/1/messages").await), twice);
    assert_eq!(texts(&alice.history("/direct/bob/messages").await), twice);
}

#[tokio::test]
async fn a_windows_line_break_is_stored_as_a_newline() {
    let server = TestServer::start().await;
    let (alice, _bob) = (server.guest("alice").await, server.guest("bob").await);
    for path in SENDS {
        let response = alice.post(path, &saying(path, "two\r\nlines\r\n")).await;
        assert_eq!(response.status(), 201, "{path}");
        assert_eq!(response.json::<Message>().await.unwrap().text, "two\nlines\n", "{path}");
    }
}

/// The longest text in its longest JSON.
#[tokio::test]
async fn a_page_holds_as_many_long_texts_as_fit_and_a_stream_one_at_a_time() {
    let server = TestServer::start().await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let mut stream = EventStream::open(&alice, "/poll").await;
    stream.opening_id().await;
    let longest = "\"".repeat(16_384);
    for _ in 0..10 {
        bob.say("general", &longest).await;
    }
    let mut read = 0;
    loop {
        let page = alice.poll("&wait=0").await;
        assert!(serde_json::to_string(&page.messages).unwrap().len() <= 256 * 1024);
        assert!(page.messages.iter().all(|message| message.text == longest));
        read += page.messages.len();
        if !page.more {
            break;
        }
    }
    assert_eq!(read, 10);
    for _ in 0..10 {
        let page = stream.page().await;
        assert_eq!(page.messages.len(), 1);
        assert_eq!(page.messages[0].text, longest);
    }
}
