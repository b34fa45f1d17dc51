//! `read --follow`, killed again and again: what its outputs say together.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::Server;
use crate::home::Home;

/// How often it is killed, unless `LINGER_KILLS` says otherwise.
const KILLS: usize = 10;
/// A life is this long at most. One begins with some milliseconds of starting.
const LIFE: Duration = Duration::from_millis(120);

#[test]
fn all_conversations_are_printed_without_a_hole_however_often_it_is_killed() {
    kill_and_join(&[]);
}

#[test]
fn a_room_is_printed_without_a_hole_however_often_it_is_killed() {
    kill_and_join(&["--room", "general"]);
}

/// Everybody's `read --follow --json` appends to one file while messages arrive, and is killed at random. The file
/// must hold every message in order, and none twice but at most the one in flight at each kill.
fn kill_and_join(stream: &[&str]) {
    let kills = std::env::var("LINGER_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let server = Server::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0")]);
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    let read = [&["read", "--json"], stream].concat();
    let follow = [&read[..], &["--follow"]].concat();
    bob.run(&read).ok();
    let path = bob.path().join("output.jsonl");
    let append = || File::options().create(true).append(true).open(&path).unwrap();

    let stop = Arc::new(AtomicBool::new(false));
    let talking = {
        let (stop, url, token) = (Arc::clone(&stop), server.url(), alice.token("alice"));
        thread::spawn(move || talk(&url, &token, &stop))
    };
    let mut ends = Vec::new();
    let begun = Instant::now();
    for _ in 0..kills {
        let mut process =
            bob.command(&follow).stdin(Stdio::null()).stdout(append()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(LIFE.mul_f64(f64::from(getrandom::u32().unwrap()) / f64::from(u32::MAX)));
        process.kill().unwrap();
        process.wait().unwrap();
        ends.push(lines_in(&path));
    }
    let took = begun.elapsed();
    stop.store(true, Ordering::Relaxed);
    let said = talking.join().unwrap();
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
    assert_eq!(next - 1, said, "all that was said is printed");
    let busy = ends.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!(busy > kills / 4, "it printed something in only {busy} of {kills} lives");
    println!(
        "{kills} kills in {took:.1?}: {said} messages, {doubled} lines twice, {busy} lives in which something was printed"
    );
}

/// Says 1, 2, 3 … until it is stopped, and returns how far it got. Every hundredth is long.
fn talk(url: &str, token: &str, stop: &AtomicBool) -> i64 {
    let agent = ureq::agent();
    let mut said = 0;
    while !stop.load(Ordering::Relaxed) {
        said += 1;
        let text = if said % 100 == 0 { "long ".repeat(800) } else { said.to_string() };
        let send = agent.post(format!("{url}/send")).header("Authorization", format!("Bearer {token}"));
        send.send_json(serde_json::json!({ "text": text })).unwrap();
    }
    said
}

fn lines_in(path: &Path) -> usize {
    fs::read(path).unwrap().iter().filter(|byte| **byte == b'\n').count()
}
