//! What every node shows at the end of a run.

use std::collections::BTreeMap;

use linger_api::Message;

use super::cast::Cast;
use super::client::Client;
use super::load::{Load, Newest};
use crate::history::{Conversation, Digest, Event, Name, View};

/// Returns every conversation as node 0 shows it to one of its members.
pub(super) async fn stored(
    load: &Load,
    cast: &Cast,
    clients: &BTreeMap<Name, Client>,
) -> anyhow::Result<BTreeMap<Conversation, Vec<Message>>> {
    let mut stored = BTreeMap::new();
    for (conversation, viewers) in cast.conversations() {
        let messages = clients[&viewers[0]].read_history(load, 0, &conversation).await?;
        stored.insert(conversation, messages);
    }
    Ok(stored)
}

/// Returns every conversation as the other nodes show it, and as node 0 shows it to the other side.
pub(super) async fn views(load: &Load, cast: &Cast, clients: &BTreeMap<Name, Client>) -> anyhow::Result<Vec<View>> {
    let mut views = Vec::new();
    for (conversation, viewers) in cast.conversations() {
        for node in 0..load.nodes() {
            let user = &viewers[(node + 1) % viewers.len()];
            if node == 0 && *user == viewers[0] {
                continue;
            }
            let messages = Digest::of(&clients[user].read_history(load, node, &conversation).await?);
            views.push(View { node, user: user.clone(), conversation: conversation.clone(), messages });
        }
    }
    Ok(views)
}

/// Records the last-read positions of all users as every node reports them.
pub(super) async fn positions(load: &Load, cast: &Cast, clients: &BTreeMap<Name, Client>) -> anyhow::Result<()> {
    for user in cast.members().keys() {
        for node in 0..load.nodes() {
            for of in clients[user].status(load, node).await?.conversations {
                let conversation = match (&of.room, &of.with) {
                    (Some(room), _) => Conversation::room(room),
                    (None, with) => Conversation::direct(user, with.as_deref().unwrap_or_default()),
                };
                let (newest, last_read) = (of.newest, of.last_read);
                load.recorder.record(Event::Status { user: user.clone(), conversation, newest, last_read });
            }
        }
    }
    Ok(())
}

/// Returns the newest message and change of each conversation.
pub(super) fn newest(stored: &BTreeMap<Conversation, Vec<Message>>) -> BTreeMap<Conversation, Newest> {
    let newest = |messages: &Vec<Message>| Newest {
        message: messages.last().map_or(0, |message| message.id),
        revision: messages.iter().filter_map(|message| message.revision).max().unwrap_or(0),
    };
    stored.iter().map(|(conversation, messages)| (conversation.clone(), newest(messages))).collect()
}
