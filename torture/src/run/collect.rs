//! What every node shows when all is over.

use std::collections::BTreeMap;

use linger_api::Message;

use super::cast::Cast;
use super::client::Client;
use super::load::Load;
use crate::history::{Conversation, Digest, Event, Name, View};

/// Every conversation as the first node shows it to one of its members.
pub(super) async fn stored(
    load: &Load,
    cast: &Cast,
    clients: &BTreeMap<Name, Client>,
) -> anyhow::Result<BTreeMap<Conversation, Vec<Message>>> {
    let mut stored = BTreeMap::new();
    for (conversation, viewers) in cast.conversations() {
        let messages = clients[&viewers[0]].walk(load, 0, &conversation).await?;
        stored.insert(conversation, messages);
    }
    Ok(stored)
}

/// Every conversation as every other node shows it, and as the other side of it is shown it.
pub(super) async fn views(load: &Load, cast: &Cast, clients: &BTreeMap<Name, Client>) -> anyhow::Result<Vec<View>> {
    let mut views = Vec::new();
    for (conversation, viewers) in cast.conversations() {
        for node in 0..load.nodes() {
            let user = &viewers[(node + 1) % viewers.len()];
            if node == 0 && *user == viewers[0] {
                continue;
            }
            let messages = Digest::of(&clients[user].walk(load, node, &conversation).await?);
            views.push(View { node, user: user.clone(), conversation: conversation.clone(), messages });
        }
    }
    Ok(views)
}

/// What every node says of everybody's positions.
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

/// The newest message of each conversation.
pub(super) fn newest(stored: &BTreeMap<Conversation, Vec<Message>>) -> BTreeMap<Conversation, i64> {
    let last =
        |(conversation, messages): (&Conversation, &Vec<Message>)| Some((conversation.clone(), messages.last()?.id));
    stored.iter().filter_map(last).collect()
}
