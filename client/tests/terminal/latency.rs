//! How soon a screen shows what happens elsewhere, from the answer of the call on.

use std::env;
use std::time::{Duration, Instant};

use crate::harness::{Friend, Pty, Server};
use crate::session::elsewhere::two_sessions;

/// The number of messages, unless the environment sets it.
const MESSAGES: usize = 50;
/// The limit for the median of messages.
const MESSAGE: Duration = Duration::from_millis(20);
/// The limit for the slowest of positions.
const POSITION: Duration = Duration::from_secs(1);

/// Other tests may use the processors meanwhile, so limits apply only when these run alone.
fn limit(alone: Duration) -> Duration {
    if env::var("LINGER_LATENCY_MESSAGES").is_ok() { alone } else { Duration::from_secs(10) }
}

fn messages() -> usize {
    env::var("LINGER_LATENCY_MESSAGES").ok().map_or(MESSAGES, |value| value.parse().unwrap())
}

#[test]
fn a_message_is_on_another_screen_within_twenty_milliseconds_of_its_201() {
    let server = Server::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0")]);
    let bob = Friend::guest(&server, "bob");
    let mut alice = Pty::guest(&server, "alice");
    let mut took: Vec<_> = (0..messages())
        .map(|number| {
            let text = format!("number {number:05}");
            bob.says(&text);
            let answered = Instant::now();
            alice.shows(&text);
            answered.elapsed()
        })
        .collect();
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    let (median, worst) = (at(0.5), at(0.99));
    println!("{} messages: median {median:.1?}, 99 of 100 within {worst:.1?}", took.len());
    assert!(median < limit(MESSAGE), "the median is {median:?}");
}

#[test]
fn what_is_read_on_another_device_leaves_the_count_within_a_second_of_its_204() {
    let server = Server::start_with(&[
        ("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0"),
        ("ROCKET_CHAT__LIMITS__CHANGES_PER_MINUTE", "0"),
    ]);
    let bob = Friend::guest(&server, "bob");
    let (_home, mut alice, other) = two_sessions(&server);
    let count = messages().min(200);
    for number in 0..count {
        bob.tells("alice", &number.to_string());
    }
    alice.prompts(&format!("[#general {count}+]>"));
    let took: Vec<_> = (1..=count)
        .map(|seq| {
            other.has_read("direct/bob", seq as i64);
            let answered = Instant::now();
            alice.prompts(&match count - seq {
                0 => "[#general]>".to_owned(),
                left => format!("[#general {left}+]>"),
            });
            answered.elapsed()
        })
        .collect();
    let (slowest, all) = (took.iter().max().unwrap(), took.iter().sum::<Duration>());
    println!("{count} positions: the slowest {slowest:.1?}, together {all:.1?}");
    assert!(*slowest < limit(POSITION), "{slowest:?}");
    // Without the poll, the client would learn of a position only from its check every ten seconds.
    assert!(all < Duration::from_secs(2) * count as u32, "{all:?}");
}
