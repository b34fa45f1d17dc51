//! The users of a run and their conversations. They are fixed in advance, because no user joins or leaves during a run.

use std::collections::{BTreeMap, BTreeSet};

use linger_api::GENERAL;

use super::client::Client;
use super::load::Load;
use super::options::Options;
use crate::history::{Conversation, Name};

/// All users of a run.
pub(super) struct Cast {
    pub(super) writers: Vec<WriterRole>,
    pub(super) readers: Vec<ReaderRole>,
    rooms: Vec<Conversation>,
    /// For each user, the indices of the rooms to join besides `general`.
    joins: BTreeMap<Name, BTreeSet<usize>>,
}

/// A user who sends.
#[derive(Clone)]
pub(super) struct WriterRole {
    pub(super) user: Name,
    /// The conversations to write to. A conversation listed twice is written to twice as often.
    pub(super) conversations: Vec<Conversation>,
}

/// A client that polls, and its habits.
#[derive(Clone)]
pub(super) struct ReaderRole {
    pub(super) user: Name,
    pub(super) rooms: Vec<Conversation>,
    pub(super) directs: Vec<Conversation>,
    /// Whether its polls ask for changes.
    pub(super) changes: bool,
    /// Whether its polls acknowledge what it read.
    pub(super) marks_read: bool,
    /// One in this many polls goes to another node; 0 for none.
    pub(super) hops_one_in: u32,
    /// One in this many polls is replaced by a `/connect`; 0 for none.
    pub(super) connects_one_in: u32,
    /// One in this many answers is discarded; 0 for none.
    pub(super) loses_one_in: u32,
    /// The maximum number of messages in an answer.
    pub(super) limit: u32,
}

impl Cast {
    pub(super) fn new(options: &Options, random: &mut fastrand::Rng) -> Self {
        let rooms: Vec<_> = (0..options.rooms).map(|n| Conversation::room(&format!("room{n}"))).collect();
        let writers: Vec<Name> = (0..options.writers).map(|n| format!("w{n}").into()).collect();
        // One reader in four is a second client of a writer.
        let reader_users: Vec<Name> = (0..options.readers)
            .map(|n| if n % 4 == 0 { writers[n / 4 % writers.len()].clone() } else { format!("r{n}").into() })
            .collect();
        let mut joins: BTreeMap<Name, BTreeSet<usize>> = BTreeMap::new();
        for user in writers.iter().chain(&reader_users) {
            let joined = (0..2_usize.min(rooms.len())).map(|_| random.usize(0..rooms.len()));
            joins.entry(user.clone()).or_default().extend(joined);
        }
        // A room's creator is a member.
        for room in 0..rooms.len() {
            joins.entry(writers[room % writers.len()].clone()).or_default().insert(room);
        }
        let mut directs: Vec<(Name, Conversation)> = Vec::new();
        for (n, writer) in writers.iter().enumerate() {
            let reader = (!reader_users.is_empty()).then(|| &reader_users[n % reader_users.len()]);
            for other in [Some(&writers[(n + 1) % writers.len()]), reader].into_iter().flatten() {
                if other != writer {
                    directs.push((writer.clone(), Conversation::direct(writer, other)));
                }
            }
        }
        let conversations = |user: &Name| -> Vec<Conversation> {
            let own = directs.iter().filter(|(writer, _)| writer == user).map(|(_, direct)| direct);
            let public = std::iter::repeat_n(Conversation::room(GENERAL), 2).chain(rooms.iter().cloned());
            public.chain(own.cloned()).collect()
        };
        let role = |(n, user): (usize, &Name)| {
            let habit = n % 8;
            let is = |habits: &[usize], value| if habits.contains(&habit) { value } else { 0 };
            let rooms = joins[user].iter().map(|room| rooms[*room].clone());
            let reaches = |direct: &Conversation| {
                direct.other(user).is_some_and(|other| *direct == Conversation::direct(user, other))
            };
            ReaderRole {
                user: user.clone(),
                rooms: rooms.chain([Conversation::room(GENERAL)]).collect(),
                directs: directs.iter().map(|(_, direct)| direct).filter(|direct| reaches(direct)).cloned().collect(),
                changes: ![4, 6].contains(&habit),
                marks_read: habit != 2,
                hops_one_in: is(&[1, 7], 3),
                connects_one_in: is(&[3, 7], 50),
                loses_one_in: is(&[4, 7], 10),
                limit: if habit == 5 { 100 } else { 500 },
            }
        };
        let writer = |user: &Name| WriterRole { user: user.clone(), conversations: conversations(user) };
        let readers = reader_users.iter().enumerate().map(role).collect();
        Self { writers: writers.iter().map(writer).collect(), readers, rooms, joins }
    }

    /// Connects all users, spread over the nodes, and joins them to their rooms.
    pub(super) async fn connect(&self, load: &Load) -> anyhow::Result<BTreeMap<Name, Client>> {
        let mut clients = BTreeMap::new();
        for (n, user) in self.joins.keys().enumerate() {
            clients.insert(user.clone(), Client::connect(load, user, n % load.nodes()).await?);
        }
        let mut ids = Vec::new();
        for (n, room) in self.rooms.iter().enumerate() {
            let creator = &self.writers[n % self.writers.len()].user;
            ids.push(clients[creator].create_room(load, room.as_room().unwrap_or_default()).await?);
        }
        for (user, rooms) in &self.joins {
            for room in rooms {
                clients[user].join(load, ids[*room]).await?;
            }
        }
        load.set_rooms(self.rooms.iter().cloned().zip(ids).chain([(Conversation::room(GENERAL), 1)]).collect());
        Ok(clients)
    }

    /// Returns the conversations of each user.
    pub(super) fn members(&self) -> BTreeMap<Name, BTreeSet<Conversation>> {
        let mut members: BTreeMap<Name, BTreeSet<Conversation>> = BTreeMap::new();
        for (user, rooms) in &self.joins {
            let joined = rooms.iter().map(|room| self.rooms[*room].clone());
            members.entry(user.clone()).or_default().extend(joined.chain([Conversation::room(GENERAL)]));
        }
        for WriterRole { user, conversations } in &self.writers {
            for direct in conversations {
                for member in [user.as_ref(), direct.other(user).unwrap_or(user)] {
                    if direct.as_room().is_none() {
                        members.entry(member.into()).or_default().insert(direct.clone());
                    }
                }
            }
        }
        members
    }

    /// Returns every conversation with the users who look at it: one member of a room, both users of a direct
    /// conversation.
    pub(super) fn conversations(&self) -> Vec<(Conversation, Vec<Name>)> {
        let mut seen: BTreeMap<Conversation, Vec<Name>> = BTreeMap::new();
        for (user, conversations) in self.members() {
            for conversation in conversations {
                let viewers = seen.entry(conversation.clone()).or_default();
                if viewers.is_empty() || conversation.as_room().is_none() {
                    viewers.push(user.clone());
                }
            }
        }
        seen.into_iter().collect()
    }
}
