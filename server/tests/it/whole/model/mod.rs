//! Compares the server with a model of the contract: whatever three users with any number of clients do, both deliver
//! the same messages and the same unread counts.
//!
//! [`contract`] is the model, [`steps`] generates random steps, and [`case`] runs them on both and compares.

mod case;
mod contract;
mod steps;

use std::cell::Cell;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};

use serde_json::json;
use tokio::sync::Mutex;

use crate::harness::{TestServer, texts};
use case::Case;
use steps::{Step, steps, steps_with_a_restart};

/// Runs random cases on one server. Each case has its own users and rooms.
fn check(cases: u32, environment: &[(&str, &str)], strategy: impl Strategy<Value = Vec<Step>>) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = Mutex::new(runtime.block_on(TestServer::start_with(environment)));
    let number = Cell::new(0);
    let outcome = TestRunner::new(config).run(&strategy, |steps| {
        number.set(number.get() + 1);
        runtime.block_on(async {
            let mut server = server.lock().await;
            let mut case = Case::start(&server, number.get()).await;
            for step in &steps {
                case.take(&mut server, step).await?;
            }
            Ok(())
        })
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_server_agrees_with_the_model() {
    check(150, &[], steps());
}

#[test]
fn the_server_agrees_with_the_model_if_every_read_goes_to_the_database() {
    check(150, &[("ROCKET_CHAT__TAIL_MEBIBYTES", "0")], steps());
}

#[test]
fn the_server_agrees_with_the_model_across_a_restart() {
    check(8, &[("ROCKET_CHAT__TAIL_MEBIBYTES", "1")], steps_with_a_restart());
}

#[tokio::test]
async fn a_position_set_back_to_before_joining_makes_older_messages_unread_even_after_a_restart() {
    let mut server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = bob.create_room("lobby").await;
    for text in ["one", "two", "three"] {
        bob.say("lobby", text).await;
    }
    alice.join(lobby).await;
    assert_eq!(alice.unread("lobby").await, 0);
    alice.post(&format!("/room/{lobby}/read"), &json!({ "seq": 1 })).await;
    assert_eq!(alice.unread("lobby").await, 2);
    assert_eq!(texts(&alice.connect_again().await.connected.messages), ["two", "three"]);
    server.restart().await;
    let mut alice = alice.on_new_connections().connect_again().await;
    assert_eq!(texts(&alice.connected.messages), ["two", "three"]);
    assert!(alice.poll("&wait=0").await.messages.is_empty());
    assert_eq!(alice.unread("lobby").await, 0);
}
