//! One case: each step runs on the server and on the model, and the results are compared.

use linger_api::{Polled, Status};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use reqwest::StatusCode;
use serde_json::json;

use super::contract::{Chat, Conversation, Cursor, Positions, UserIndex};
use super::steps::{From, ROOMS, Step, To, USERS};
use crate::harness::{TestServer, User};

type Outcome = Result<(), TestCaseError>;

pub(crate) struct Case {
    chat: Chat,
    /// The users' names. Users and rooms have names that no other case uses; `general` is shared with earlier cases.
    names: Vec<String>,
    rooms: Vec<(i64, String)>,
    /// The newest seq of `general` when the case starts.
    general_seq: i64,
    clients: Vec<Client>,
}

/// A client, with every cursor that it was ever given and the model's counterpart of each.
struct Client {
    index: UserIndex,
    user: User,
    cursors: Vec<(String, Cursor)>,
}

impl Case {
    pub(crate) async fn start(server: &TestServer, number: usize) -> Self {
        let names: Vec<_> = (0..USERS).map(|index| format!("user-{number}-{index}")).collect();
        let mut clients = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let user = server.guest(name).await;
            let cursors = vec![(user.cursor.clone(), Cursor::default())];
            clients.push(Client { index, user, cursors });
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
        (0..USERS).for_each(|index| chat.join(index, Conversation::Room(0)));
        (0..ROOMS).for_each(|room| chat.join(0, Conversation::Room(room)));
        Self { chat, names, rooms, general_seq, clients }
    }

    pub(crate) async fn take(&mut self, server: &mut TestServer, step: &Step) -> Outcome {
        let index = match step {
            Step::Send { user, to } => self.send(*user, *to).await?,
            Step::MarkRead { user, at, seq } => {
                let (conversation, _) = at.seen_by(*user);
                let first = if conversation == Conversation::Room(0) { self.general_seq } else { 0 };
                // May be one beyond the newest.
                let seq = first + seq.index((self.chat.newest(conversation) - first + 2) as usize) as i64;
                self.mark_read(*user, *at, seq).await?
            }
            Step::Join { user, room } => self.join_or_leave(*user, *room, "join").await?,
            Step::Leave { user, room } => self.join_or_leave(*user, *room, "leave").await?,
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
        self.compare_positions(index).await
    }

    async fn send(&mut self, index: UserIndex, to: To) -> Result<UserIndex, TestCaseError> {
        let (conversation, other) = to.seen_by(index);
        let user = &self.clients[index].user;
        let message = match (conversation, other) {
            (Conversation::Room(room), _) => user.say(&self.rooms[room].1, "hello").await,
            (_, other) => user.tell(&self.names[other.unwrap()], "psst").await,
        };
        prop_assert_eq!(message.seq, self.chat.newest(conversation) + 1);
        prop_assert!(message.id > self.chat.newest_id(), "{:?}", message);
        self.chat.say(index, conversation, message);
        Ok(index)
    }

    async fn mark_read(&mut self, index: UserIndex, at: To, seq: i64) -> Result<UserIndex, TestCaseError> {
        let (conversation, other) = at.seen_by(index);
        let path = match (conversation, other) {
            (Conversation::Room(room), _) => format!("/room/{}/read", self.rooms[room].0),
            (_, other) => format!("/direct/{}/read", self.names[other.unwrap()]),
        };
        let status = self.clients[index].user.post(&path, &json!({ "seq": seq })).await.status();
        let is_joined = self.chat.mark_read(index, conversation, seq);
        let is_room = matches!(conversation, Conversation::Room(_));
        prop_assert_eq!(status, if is_joined || !is_room { StatusCode::NO_CONTENT } else { StatusCode::CONFLICT });
        Ok(index)
    }

    async fn join_or_leave(&mut self, index: UserIndex, room: usize, action: &str) -> Result<UserIndex, TestCaseError> {
        let path = format!("/room/{}/{action}", self.rooms[room].0);
        let status = self.clients[index].user.post(&path, &json!({})).await.status();
        match action {
            "leave" if room == 0 => prop_assert_eq!(status, StatusCode::CONFLICT),
            "leave" => self.chat.leave(index, Conversation::Room(room)),
            _ => self.chat.join(index, Conversation::Room(room)),
        }
        prop_assert!(room == 0 || status == StatusCode::NO_CONTENT, "{}", status);
        Ok(index)
    }

    async fn poll(
        &mut self,
        client: usize,
        from: &From,
        limit: usize,
        mark_read: bool,
    ) -> Result<UserIndex, TestCaseError> {
        let Client { index, user, cursors } = &mut self.clients[client];
        let cursor_used = match from {
            From::Last => cursors.last(),
            From::Earlier(choice) => Some(choice.get(cursors)),
            From::Nothing => None,
        };
        let expected = match cursor_used {
            Some((_, cursor)) => {
                if mark_read {
                    self.chat.acknowledge(*index, cursor);
                }
                self.chat.read_on(*index, cursor, limit)
            }
            None => self.chat.read_on(*index, &self.chat.cursor_at_last_read(*index), limit),
        };
        let cursor = cursor_used.map(|(text, _)| format!("&cursor={text}")).unwrap_or_default();
        let path = format!("/poll?wait=0&limit={limit}&mark_read={mark_read}{cursor}");
        let polled: Polled = serde_json::from_value(user.get_json(&path).await).unwrap();
        prop_assert_eq!(&polled.messages, &expected.messages);
        prop_assert_eq!(polled.more, expected.more);
        match cursor_used {
            Some((text, _)) if polled.messages.is_empty() => prop_assert_eq!(&polled.cursor, text),
            _ => cursors.push((polled.cursor, expected.cursor)),
        }
        Ok(*index)
    }

    async fn connect(&mut self, client: usize) -> Result<UserIndex, TestCaseError> {
        let Client { index, user, .. } = &self.clients[client];
        let (index, user) = (*index, user.connect_again().await);
        let expected = self.chat.read_on(index, &self.chat.cursor_at_last_read(index), 500);
        let connected = &user.connected;
        prop_assert!(connected.returning);
        prop_assert_eq!(&connected.messages, &expected.messages);
        prop_assert_eq!(connected.more, expected.more);
        let rooms = connected.rooms.iter().map(|room| (self.room_named(&room.name), room.unread));
        let direct = connected.direct.iter().map(|direct| (self.direct_with(index, &direct.with), direct.unread));
        let unread: Vec<_> = rooms.chain(direct).collect();
        prop_assert_eq!(unread.len(), self.chat.positions(index).len());
        for (conversation, (newest, last_read)) in self.chat.positions(index) {
            prop_assert!(unread.contains(&(conversation, newest - last_read)), "{:?} in {:?}", conversation, unread);
        }
        let cursors = vec![(user.cursor.clone(), expected.cursor)];
        self.clients.push(Client { index, user, cursors });
        Ok(index)
    }

    /// Compares the positions and unread counts of `/status` with the model.
    async fn compare_positions(&self, index: UserIndex) -> Outcome {
        let status: Status = serde_json::from_value(self.clients[index].user.get_json("/status").await).unwrap();
        let mut actual = Positions::new();
        for conversation in status.conversations {
            prop_assert_eq!(conversation.unread, conversation.newest - conversation.last_read);
            let name = match (conversation.room, conversation.with) {
                (Some(name), _) => self.room_named(&name),
                (None, with) => self.direct_with(index, &with.unwrap()),
            };
            actual.insert(name, (conversation.newest, conversation.last_read));
        }
        prop_assert_eq!(actual, self.chat.positions(index), "newest and last_read of {}", index);
        Ok(())
    }

    fn room_named(&self, name: &str) -> Conversation {
        Conversation::Room(self.rooms.iter().position(|(_, room)| room == name).unwrap())
    }

    fn direct_with(&self, index: UserIndex, name: &str) -> Conversation {
        Conversation::direct(index, self.names.iter().position(|user| user == name).unwrap())
    }
}
