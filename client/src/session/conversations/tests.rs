//! Tests of the current conversation, of unread counts, and of the names that users type.

use super::*;
use linger_api::{Message, RoomSummary, User};

fn connected() -> Connected {
    let room = |id, name: &str| RoomSummary { id, name: name.into(), unread: 0 };
    Connected {
        token: String::new(),
        expires_at: None,
        user: User { id: 1, name: "alice".into(), guest: true },
        returning: false,
        messages: Vec::new(),
        more: false,
        cursor: String::new(),
        rooms: vec![room(1, "general"), room(2, "lobby")],
        direct: Vec::new(),
    }
}

pub(super) fn conversations() -> Conversations {
    Conversations::new(&connected())
}

pub(super) fn said(from: &str, room: &str, seq: i64) -> Message {
    let (room_id, room) = (Some(1), Some(room.to_owned()));
    Message { id: seq, seq, room_id, room, from: from.into(), to: None, text: "x".into(), ..Message::default() }
}

#[test]
fn messages_elsewhere_are_unread_until_the_user_goes_there() {
    let conversations = conversations();
    for message in [said("bob", "general", 1), said("bob", "lobby", 1), said("alice", "lobby", 2)] {
        conversations.shown(&message, true);
    }
    let lobby = Conversation::Room("lobby".into());
    assert_eq!(conversations.list_unread(), [(lobby.clone(), 2)], "as the server counts");
    conversations.switch(lobby.clone());
    assert_eq!(conversations.unread_elsewhere(), 0);
    assert_eq!(conversations.previous(), Conversation::general());
    assert_eq!(conversations.shown_of(&lobby), Some(Shown { oldest: 1, newest: 2 }));
}

#[test]
fn the_latest_speaker_is_completed_first() {
    let conversations = conversations();
    conversations.met(["zoe".to_owned(), "bob".to_owned(), "alice".to_owned()]);
    for (seq, from) in (1..).zip(["bob", "carol", "bob"]) {
        conversations.shown(&said(from, "general", seq), true);
    }
    assert_eq!(conversations.users(""), ["bob", "carol", "zoe"]);
}

#[test]
fn a_word_means_a_conversation() {
    let conversations = conversations();
    conversations.shown(&said("bob", "general", 1), true);
    conversations.numbered(vec![Conversation::Room("den".into()), Conversation::Direct("zoe".into())]);
    let room = |name: &str| Some(Conversation::Room(name.into()));
    let direct = |name: &str| Some(Conversation::Direct(name.into()));
    for (word, meant) in [
        ("#x", room("x")),
        ("@x", direct("x")),
        ("Lobby", room("lobby")),
        ("den", room("den")),
        ("bob", direct("bob")),
        ("2", direct("zoe")),
        ("3", None),
        ("0", None),
        ("nobody", None),
    ] {
        assert_eq!(conversations.named(word), meant, "{word}");
    }
}

#[test]
fn without_general_leaving_a_room_leads_to_another_one() {
    let conversations = conversations();
    conversations.switch(Conversation::Room("lobby".into()));
    conversations.left("general");
    conversations.joined("den", 3);
    conversations.left("lobby");
    assert_eq!(conversations.current(), Conversation::Room("den".into()));
}

#[test]
fn what_the_server_counts_is_read_once_it_is_shown() {
    let (conversations, lobby) = (conversations(), Conversation::Room("lobby".into()));
    let mut connected = connected();
    connected.rooms[1].unread = 2;
    conversations.count_unread(&connected);
    conversations.switch(lobby.clone());
    assert_eq!(conversations.list_unread(), [(lobby.clone(), 2)], "nothing of it is on the screen");
    conversations.paged_back(&lobby, 7);
    conversations.switch(lobby.clone());
    assert_eq!(conversations.list_unread(), []);
    assert_eq!(conversations.receipts(), BTreeMap::from([(lobby, 7)]));
}

#[test]
fn leaving_a_room_goes_back() {
    let conversations = conversations();
    conversations.switch(Conversation::Room("lobby".into()));
    conversations.left("lobby");
    assert_eq!(conversations.current(), Conversation::general());
    assert!(!conversations.is_followed(&Conversation::Room("lobby".into())));
}
