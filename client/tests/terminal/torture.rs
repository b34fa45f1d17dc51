//! Two users type many messages while the server is killed again and again. Each sees every message exactly once, in
//! the server's order.

use std::collections::HashMap;
use std::env;
use std::time::Instant;

use crate::harness::{Friend, Pty, Server};

/// The numbers of messages and kills, unless the environment sets them.
const MESSAGES: usize = 400;
const KILLS: usize = 4;

#[test]
fn two_clients_show_every_message_once_and_in_order_while_the_server_is_killed() {
    let (messages, kills) = (setting("LINGER_TORTURE_MESSAGES", MESSAGES), setting("LINGER_TORTURE_RESTARTS", KILLS));
    let begun = Instant::now();
    let mut server = Server::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0")]);
    let mut clients = ["alice", "bob"].map(|name| Pty::guest_on(60, 20, &server, name));
    let (rounds, each) = (kills + 1, messages / 2);
    let mut typed = 0;
    for round in 0..rounds {
        let until = each * (round + 1) / rounds;
        for number in typed..until {
            for client in &mut clients {
                let line = format!("message {number:05}");
                client.types(&format!("{line}\r"));
                // More than five lines at once are one message.
                if number % 5 == 4 {
                    client.waits_for_message(&line);
                }
            }
        }
        typed = until;
        if round < kills {
            // In mid-round: some lines have been sent, others only typed.
            let half = (until + each * round / rounds) / 2;
            clients[round % 2].waits_for_messages(half);
            server.kill();
            server.start_again();
        }
    }
    let expected = each * 2;
    let shown = clients.each_mut().map(|client| {
        client.waits_for_messages(expected);
        client.messages()
    });
    let stored = stored(&server, expected);
    for (client, shown) in ["alice", "bob"].into_iter().zip(&shown) {
        let mut seen = HashMap::new();
        for line in shown {
            *seen.entry(line).or_insert(0) += 1;
        }
        let twice: Vec<_> = seen.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "{client} shows twice: {twice:?}");
        assert_eq!(shown.len(), expected, "{client} shows all");
        assert_eq!(*shown, stored, "{client} shows them in the server's order");
    }
    println!(
        "{expected} messages, {kills} kills, {:.1} s: each shown once and in order by both",
        begun.elapsed().as_secs_f64()
    );
}

impl Pty {
    /// Returns the messages shown, as `name: text`.
    fn messages(&self) -> Vec<String> {
        let is_time = |time: &str| time.len() == 5 && time.as_bytes()[2] == b':';
        let message = |row: String| {
            let row = row.trim_end();
            let (time, rest) = row.split_at_checked(5)?;
            (is_time(time) && rest.contains(": message ")).then(|| rest.trim_start().to_owned())
        };
        self.transcript().into_iter().filter_map(message).collect()
    }

    fn waits_for_messages(&mut self, count: usize) {
        self.waits_until_shown(&format!("{count} messages"), |shown| shown.len() >= count);
    }

    /// Waits for a message, wherever it is by then: what the other client had queued may scroll it off the screen.
    fn waits_for_message(&mut self, text: &str) {
        self.waits_until_shown(text, |shown| shown.iter().any(|line| line.ends_with(text)));
    }

    fn waits_until_shown(&mut self, what: &str, is_enough: impl Fn(&[String]) -> bool) {
        let give_up_at = Instant::now() + crate::harness::DEADLINE * 15;
        loop {
            let shown = self.messages();
            if is_enough(&shown) && !self.is_drawing() {
                return;
            }
            let last = self.sight().rows.join("\n");
            assert!(Instant::now() < give_up_at, "no {what} among {} messages, then\n{last}", shown.len());
            self.waits_for_a_change();
        }
    }
}

/// Returns all stored messages in order.
fn stored(server: &Server, count: usize) -> Vec<String> {
    let friend = Friend::guest(server, "historian");
    let mut stored = Vec::new();
    while stored.len() < count {
        let page = friend.reads_after(i64::try_from(stored.len()).unwrap());
        assert!(!page.is_empty(), "the server has only {} messages", stored.len());
        stored.extend(page.into_iter().map(|message| format!("{}: {}", message.from, message.text)));
    }
    stored
}

fn setting(name: &str, otherwise: usize) -> usize {
    env::var(name).ok().map_or(otherwise, |value| value.parse().expect(name))
}
