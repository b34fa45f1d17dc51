//! Two users type many messages while the server is killed again and again, and while it is down. Each sees every
//! message exactly once, in the server's order.

use std::collections::HashMap;
use std::env;
use std::time::{Duration, Instant};

use crate::harness::{DEADLINE, Friend, Pty, Server, Sight};

/// The numbers of messages and kills, unless the environment sets them.
const MESSAGES: usize = 400;
const KILLS: usize = 4;

const NAMES: [&str; 2] = ["alice", "bob"];
/// More than five lines at once are one message, and [`Pty::takes_what_was_typed`] begins another.
const AT_ONCE: usize = 4;

#[test]
fn two_clients_show_every_message_once_and_in_order_while_the_server_is_killed() {
    let (messages, kills) = (setting("LINGER_TORTURE_MESSAGES", MESSAGES), setting("LINGER_TORTURE_RESTARTS", KILLS));
    let begun = Instant::now();
    let mut server = Server::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0")]);
    let mut clients = NAMES.map(|name| Pty::guest_on(60, 40, &server, name));
    let each = messages / 2;
    let numbers: Vec<_> = (0..each).collect();
    let batches: Vec<_> = numbers.chunks(AT_ONCE).collect();
    assert!(batches.len() >= 3 * (kills + 1), "each kill needs a batch before it, one after it, and one between");
    let (mut is_down, mut killed) = (false, 0);
    for (nth, batch) in batches.iter().enumerate() {
        for number in *batch {
            clients.iter_mut().for_each(|client| client.types(&format!("message {number:05}\r")));
        }
        let is_last_before_a_kill = (1..=kills).any(|kill| nth + 2 == batches.len() * kill / (kills + 1));
        if is_last_before_a_kill {
            // The next line is on its way then.
            clients[nth % 2].waits_for_message(&format!("{}: message {:05}", NAMES[nth % 2], batch[0]));
            server.kill();
            killed += 1;
        }
        for (client, name) in clients.iter_mut().zip(NAMES) {
            match is_down || is_last_before_a_kill {
                true => client.takes_what_was_typed(),
                false => client.waits_for_message(&format!("{name}: message {:05}", batch[batch.len() - 1])),
            }
        }
        if is_down {
            server.start_again();
        }
        is_down = is_last_before_a_kill;
    }
    assert_eq!(killed, kills);
    let expected = each * 2;
    let shown = clients.each_mut().map(|client| {
        client.waits_for_messages(expected);
        client.messages()
    });
    let stored = stored(&server, expected);
    for (client, shown) in NAMES.into_iter().zip(&shown) {
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

    /// Waits until the client has read all lines typed so far.
    fn takes_what_was_typed(&mut self) {
        let is_at = |sight: &Sight, end: &str| {
            let row = sight.rows.get(usize::from(sight.cursor.0));
            row.is_some_and(|row| row.trim_end().ends_with(end))
        };
        self.types("x");
        self.waits("the x", |seen| is_at(seen, "> x"));
        self.types("\x15");
        self.waits("no x", |seen| is_at(seen, ">"));
    }

    fn waits_for_messages(&mut self, count: usize) {
        self.waits_so_long(DEADLINE * 15, &format!("{count} messages"), |client| client.messages().len() >= count);
    }

    /// Waits until a message is on the screen, which has room for all that the other client may have queued.
    fn waits_for_message(&mut self, message: &str) {
        let is_shown = |client: &Self| client.sight().rows.iter().any(|row| row.trim_end().ends_with(message));
        self.waits_so_long(DEADLINE * 3, message, is_shown);
    }

    fn waits_so_long(&mut self, limit: Duration, what: &str, is_so: impl Fn(&Self) -> bool) {
        let give_up_at = Instant::now() + limit;
        while !is_so(self) || self.is_drawing() {
            let seen = self.sight().rows.join("\n");
            assert!(Instant::now() < give_up_at, "no {what} after {} messages:\n{seen}", self.messages().len());
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
