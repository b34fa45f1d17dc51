//! `read --follow`, killed again and again: its outputs together.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{DEADLINE, Home, Running, Server};

/// The number of kills, unless `LINGER_KILLS` sets it.
const KILLS: usize = 10;
/// The longest life of a process; for every other one, counted from its first line.
const LIFE: Duration = Duration::from_millis(80);
/// How many messages exist before the first process starts, so that some kills fall within a full page.
const READY: i64 = 1500;
/// How many threads send at once, so that pages stay longer than one message.
const TALKERS: usize = 6;

#[test]
fn all_conversations_are_printed_without_a_gap_despite_kills() {
    kill_and_join(&[]);
}

#[test]
fn a_room_is_printed_without_a_gap_despite_kills() {
    kill_and_join(&["--room", "general"]);
}

/// Appends the output of `read --follow --json` to one file while messages arrive, and kills it at random. The file
/// must contain every message in order, and none twice except the one in flight at a kill.
fn kill_and_join(stream: &[&str]) {
    let kills = std::env::var("LINGER_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let server = Server::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0")]);
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    let read = [&["read", "--json"], stream].concat();
    let follow = [&read[..], &["--follow"]].concat();
    bob.run(&read).ok();
    let path = bob.path().join("output.jsonl");
    let append = || File::options().append(true).open(&path).unwrap();

    let (stop, said) = (AtomicBool::new(false), AtomicI64::new(0));
    let (url, token) = (server.url(), alice.token("alice"));
    File::create(&path).unwrap();
    let mut ends = Vec::new();
    let took = thread::scope(|scope| {
        for _ in 0..TALKERS {
            scope.spawn(|| talk(&url, &token, &said, &stop));
        }
        // Stops the senders even if an assertion below fails.
        let _stop = Stop(&stop);
        while said.load(Ordering::Relaxed) < READY {
            thread::yield_now();
        }
        let begun = Instant::now();
        for number in 0..kills {
            let before = lines_in(&path);
            let mut follow = bob.command(&follow);
            let follow = follow.stdin(Stdio::null()).stdout(append()).stderr(Stdio::null()).spawn();
            let process = Running(follow.unwrap());
            // Every other process is killed while it prints; the rest at any time, even before they start printing.
            if number % 2 == 0 {
                let give_up_at = Instant::now() + DEADLINE;
                while lines_in(&path) == before {
                    assert!(Instant::now() < give_up_at, "it prints something");
                    thread::yield_now();
                }
            }
            thread::sleep(LIFE.mul_f64(f64::from(getrandom::u32().unwrap()) / f64::from(u32::MAX)));
            // By SIGKILL.
            drop(process);
            ends.push(lines_in(&path));
        }
        begun.elapsed()
    });
    let said = said.into_inner();
    append().write_all(bob.run(&read).ok().as_bytes()).unwrap();

    let output = fs::read_to_string(&path).unwrap();
    let seqs: Vec<i64> =
        output.lines().map(|line| serde_json::from_str::<Value>(line).expect(line)["seq"].as_i64().unwrap()).collect();
    let mut doubled = 0;
    let mut next = 1;
    for (at, &seq) in seqs.iter().enumerate() {
        if seq == next {
            next += 1;
        } else {
            assert_eq!(seq, next - 1, "line {at}: a hole, or another than the last one twice");
            assert!(ends.contains(&at), "line {at}: {seq} is printed twice, and nothing was killed there");
            doubled += 1;
        }
    }
    assert_eq!(next - 1, said, "every message is printed");
    println!("{kills} kills in {took:.1?}: {said} messages, {doubled} lines twice");
}

/// Sends messages, some of them long, until stopped. Counts what the server has stored.
fn talk(url: &str, token: &str, said: &AtomicI64, stop: &AtomicBool) {
    let agent = ureq::agent();
    while !stop.load(Ordering::Relaxed) {
        let number = said.load(Ordering::Relaxed);
        let text = if number % 100 == 0 { "long ".repeat(800) } else { number.to_string() };
        let send = agent.post(format!("{url}/send")).header("Authorization", format!("Bearer {token}"));
        send.send_json(serde_json::json!({ "text": text })).unwrap();
        said.fetch_add(1, Ordering::Relaxed);
    }
}

/// Stops the senders on drop.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn lines_in(path: &Path) -> usize {
    fs::read(path).unwrap().iter().filter(|byte| **byte == b'\n').count()
}
