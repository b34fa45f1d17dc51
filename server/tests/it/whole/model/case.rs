//! One case: each step is done to the server and to the model, and both must say the same.

use linger_api::{Polled, Status};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use reqwest::StatusCode;
use serde_json::json;

use super::contract::{Chat, Cursor, Place, Positions, Who};
use super::steps::{From, ROOMS, Step, To, USERS};
use crate::harness::{TestServer, User};

type Outcome = Result<(), TestCaseError>;

pub struct Case {
    chat: Chat,
    /// Users and rooms have names that no other case has used; `general` is what earlier cases left.
    names: Vec<String>,
    rooms: Vec<(i64, String)>,
    /// The newest seq of `general` when the case began.
    general_seq: i64,
    clients: Vec<Client>,
}

/// A client with every cursor that it was ever given, and what the model has for it.
struct Client {
    who: Who,
    user: User,
    cursors: Vec<(String, Cursor)>,
}

impl Case {
    pub async fn begin(server: &TestServer, number: usize) -> Self {
        let names: Vec<_> = (0..USERS).map(|who| format!("user-{number}-{who}")).collect();
        let mut clients = Vec::new();
        for (who, name) in names.iter().enumerate() {
            let user = server.guest(name).await;
            let cursors = vec![(user.cursor.clone(), Cursor::default())];
            clients.push(Client { who, user, cursors });
        }
        let creator = &clients[0].user;
        let mut rooms = vec![(1, "general".to_owned())];
        for room in 1..ROOMS {
            let name = format!("room-{number}-{room}");
            rooms.push((creator.create_room(&name).await, name));
        }
        let status = creator.get_json("/status?room=general").await;
        let general_seq = status["conversations"][0]["newest"].as_i64().unwrap();
        let mut chat = Chat::default();
        chat.open_room(0, general_seq);
        (0..USERS).for_each(|who| chat.join(who, Place::Room(0)));
        (0..ROOMS).for_each(|room| chat.join(0, Place::Room(room)));
        Self { chat, names, rooms, general_seq, clients }
    }

    pub async fn take(&mut self, server: &mut TestServer, step: &Step) -> Outcome {
        let who = match step {
            Step::Send { who, to } => self.send(*who, *to).await?,
            Step::MarkRead { who, at, seq } => {
                let (place, _) = at.seen_by(*who);
                let first = if place == Place::Room(0) { self.general_seq } else { 0 };
                // One more than there are.
                let seq = first + seq.index((self.chat.newest(place) - first + 2) as usize) as i64;
                self.mark_read(*who, *at, seq).await?
            }
            Step::Join { who, room } => self.join_or_leave(*who, *room, "join").await?,
            Step::Leave { who, room } => self.join_or_leave(*who, *room, "leave").await?,
            Step::Poll { client, from, limit, mark_read } => {
                let client = client.index(self.clients.len());
                self.poll(client, from, *limit, *mark_read).await?
            }
            Step::Connect { client } => self.connect(client.index(self.clients.len())).await?,
            Step::Restart => {
                for client in &mut self.clients {
                    client.user = client.user.on_new_connections();
                }
                server.restart().await;
                0
            }
        };
        self.compare_positions(who).await
    }

    async fn send(&mut self, who: Who, to: To) -> Result<Who, TestCaseError> {
        let (place, other) = to.seen_by(who);
        let user = &self.clients[who].user;
        let message = match (place, other) {
            (Place::Room(room), _) => user.say(&self.rooms[room].1, "hello").await,
            (_, other) => user.tell(&self.names[other.unwrap()], "psst").await,
        };
        prop_assert_eq!(message.seq, self.chat.newest(place) + 1);
        prop_assert!(message.id > self.chat.newest_id(), "{:?}", message);
        self.chat.say(who, place, message);
        Ok(who)
    }

    async fn mark_read(&mut self, who: Who, at: To, seq: i64) -> Result<Who, TestCaseError> {
        let (place, other) = at.seen_by(who);
        let path = match (place, other) {
            (Place::Room(room), _) => format!("/room/{}/read", self.rooms[room].0),
            (_, other) => format!("/direct/{}/read", self.names[other.unwrap()]),
        };
        let status = self.clients[who].user.post(&path, &json!({ "seq": seq })).await.status();
        let is_joined = self.chat.mark_read(who, place, seq);
        let is_room = matches!(place, Place::Room(_));
        prop_assert_eq!(status, if is_joined || !is_room { StatusCode::NO_CONTENT } else { StatusCode::CONFLICT });
        Ok(who)
    }

    async fn join_or_leave(&mut self, who: Who, room: usize, what: &str) -> Result<Who, TestCaseError> {
        let path = format!("/room/{}/{what}", self.rooms[room].0);
        let status = self.clients[who].user.post(&path, &json!({})).await.status();
        match what {
            "leave" if room == 0 => prop_assert_eq!(status, StatusCode::CONFLICT),
            "leave" => self.chat.leave(who, Place::Room(room)),
            _ => self.chat.join(who, Place::Room(room)),
        }
        prop_assert!(room == 0 || status == StatusCode::NO_CONTENT, "{}", status);
        Ok(who)
    }

    async fn poll(&mut self, client: usize, from: &From, limit: usize, mark_read: bool) -> Result<Who, TestCaseError> {
        let Client { who, user, cursors } = &mut self.clients[client];
        let asked = match from {
            From::Last => cursors.last(),
            From::Earlier(index) => Some(index.get(cursors)),
            From::Nothing => None,
        };
        let expected = match asked {
            Some((_, cursor)) => {
                if mark_read {
                    self.chat.acknowledge(*who, cursor);
                }
                self.chat.read_on(*who, cursor, limit)
            }
            None => self.chat.read_on(*who, &self.chat.cursor_at_last_read(*who), limit),
        };
        let cursor = asked.map(|(text, _)| format!("&cursor={text}")).unwrap_or_default();
        let path = format!("/poll?wait=0&limit={limit}&mark_read={mark_read}{cursor}");
        let polled: Polled = serde_json::from_value(user.get_json(&path).await).unwrap();
        prop_assert_eq!(&polled.messages, &expected.messages);
        prop_assert_eq!(polled.more, expected.more);
        match asked {
            Some((text, _)) if polled.messages.is_empty() => prop_assert_eq!(&polled.cursor, text),
            _ => cursors.push((polled.cursor, expected.cursor)),
        }
        Ok(*who)
    }

    async fn connect(&mut self, client: usize) -> Result<Who, TestCaseError> {
        let Client { who, user, .. } = &self.clients[client];
        let (who, user) = (*who, user.connect_again().await);
        let expected = self.chat.read_on(who, &self.chat.cursor_at_last_read(who), 500);
        let connected = &user.connected;
        prop_assert!(connected.returning);
        prop_assert_eq!(&connected.messages, &expected.messages);
        prop_assert_eq!(connected.more, expected.more);
        let rooms = connected.rooms.iter().map(|room| (self.room_named(&room.name), room.unread));
        let direct = connected.direct.iter().map(|direct| (self.direct_with(who, &direct.with), direct.unread));
        let unread: Vec<_> = rooms.chain(direct).collect();
        prop_assert_eq!(unread.len(), self.chat.positions(who).len());
        for (place, (newest, last_read)) in self.chat.positions(who) {
            prop_assert!(unread.contains(&(place, newest - last_read)), "{:?} in {:?}", place, unread);
        }
        let cursors = vec![(user.cursor.clone(), expected.cursor)];
        self.clients.push(Client { who, user, cursors });
        Ok(who)
    }

    /// What `/status` says of newest, last_read and unread.
    async fn compare_positions(&self, who: Who) -> Outcome {
        let status: Status = serde_json::from_value(self.clients[who].user.get_json("/status").await).unwrap();
        let mut actual = Positions::new();
        for conversation in status.conversations {
            prop_assert_eq!(conversation.unread, conversation.newest - conversation.last_read);
            let place = match (conversation.room, conversation.with) {
                (Some(name), _) => self.room_named(&name),
                (None, with) => self.direct_with(who, &with.unwrap()),
            };
            actual.insert(place, (conversation.newest, conversation.last_read));
        }
        prop_assert_eq!(actual, self.chat.positions(who), "newest and last_read of {}", who);
        Ok(())
    }

    fn room_named(&self, name: &str) -> Place {
        Place::Room(self.rooms.iter().position(|(_, room)| room == name).unwrap())
    }

    fn direct_with(&self, who: Who, name: &str) -> Place {
        Place::direct(who, self.names.iter().position(|user| user == name).unwrap())
    }
}
