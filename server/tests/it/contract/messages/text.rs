//! The text of a message: one rule for all calls that send.

use linger_api::Message;
use serde_json::{Value, json};

use crate::harness::{TestServer, assert_problem, texts};

/// The four calls that send, with paths that reach general or bob.
const SENDS: [&str; 4] = ["/send", "/send-private", "/room/1/messages", "/direct/bob/messages"];

/// Returns a body that suits all four calls.
fn saying(text: &str) -> Value {
    json!({ "text": text, "to": "bob" })
}

#[tokio::test]
async fn a_text_has_1_to_4096_bytes_and_is_neither_blank_nor_has_control_characters() {
    let server = TestServer::start().await;
    let (alice, _bob) = (server.guest("alice").await, server.guest("bob").await);
    let (longest, longest_wide) = ("x".repeat(4096), "é".repeat(2048));
    let good =
        ["x", " x ", "two\nlines\tand a tab", "Grüße, 世界 🐎", "<b>&\"'\\", "\u{feff}x", &longest, &longest_wide];
    let (long, long_wide) = ("x".repeat(4097), "é".repeat(2049));
    let bad = [
        "",
        " ",
        "\n",
        "\t \n",
        "\u{a0}\u{2003}",
        "nul\0",
        "\u{1b}[31mred",
        "line\r\n",
        "\u{7f}",
        "\u{9b}2J",
        "\u{8}",
        &long,
        &long_wide,
    ];
    for path in SENDS {
        for text in good {
            let response = alice.post(path, &saying(text)).await;
            assert_eq!(response.status(), 201, "{path} {text:?}");
            assert_eq!(response.json::<Message>().await.unwrap().text, text, "{path}: the text is unchanged");
        }
        for text in bad {
            let response = alice.post(path, &saying(text)).await;
            assert_eq!(response.status(), 400, "{path} {text:?}");
            assert_problem(response, 400, "bad-input").await;
        }
        for body in [json!({ "to": "bob" }), json!({ "to": "bob", "text": null }), json!({ "to": "bob", "text": 7 })] {
            assert_problem(alice.post(path, &body).await, 400, "bad-input").await;
        }
    }
    let twice = [good, good].concat();
    assert_eq!(texts(&alice.history("/room/1/messages").await), twice);
    assert_eq!(texts(&alice.history("/direct/bob/messages").await), twice);
}
