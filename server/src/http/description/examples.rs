//! One example of each object, built from the API's own types, so that its fields are always right.

use linger_api::{
    About, AboutLimits, ChangeRoom, Connected, ConversationState, ConversationStatus, CreateRoom, Direct,
    DirectSummary, EditMe, EditMessage, EditUser, Guests, Health, Invite, Inviters, MarkRead, Me, Member, Message,
    OneTimeCode, Page, Polled, PostMessage, Posting, Reaction, Registration, Renewed, Role, Room, RoomRole,
    RoomSummary, Send, SendPrivate, ServerInfo, SetMember, SignedIn, Status, User, UserPresence,
};
use serde_json::{Value, json};

const CURSOR: &str = "AYINDRlCZAk_FjToXKVBQA";
const CODE: &str = "4t9q2-0c8hk-x3vmn-57wpd-jz1e6r";
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl";

/// Returns the names of the schemas, each with an example.
pub(super) fn all() -> Vec<(&'static str, Value)> {
    let user = User { id: 7, name: text("alice"), guest: false };
    let status = Status {
        user: user.clone(),
        server: ServerInfo { version: text(crate::domain::VERSION), started_at: text("2026-11-21T09:00:00.000Z") },
        users_online: 2,
        conversations: vec![general()],
    };
    let connected = Connected {
        token: text(TOKEN),
        expires_at: Some(text("2026-12-21T10:00:00.000Z")),
        user,
        returning: true,
        messages: vec![in_private()],
        more: false,
        cursor: text(CURSOR),
        rooms: vec![RoomSummary { id: 1, name: text("general"), unread: 0 }],
        direct: vec![DirectSummary { with: text("bob"), unread: 1 }],
    };
    let room = Room {
        id: 2,
        name: text("lobby"),
        created_by: Some(text("alice")),
        created_at: text("2026-11-21T09:30:00.000Z"),
        joined: true,
        unread: 0,
        members: 2,
        title: Some(text("The lobby")),
        topic: text("Whatever comes up"),
        private: false,
        archived: false,
        role: Some(RoomRole::Owner),
        posting: Posting::Everyone,
    };
    vec![
        // Not serializable, because it holds a password.
        ("Connect", json!({ "username": "alice", "password": "correct horse" })),
        ("Connected", json!(connected)),
        ("About", json!(about())),
        ("CreateInvite", json!({ "uses": 5, "days": 7, "rooms": ["lobby"], "guest": false })),
        ("Invite", json!(invite())),
        (
            "OneTimeCode",
            json!(OneTimeCode {
                code: text(CODE),
                url: format!("http://127.0.0.1:8000/#code={CODE}"),
                expires_at: text("2026-11-21T10:10:00.000Z"),
            }),
        ),
        ("Renewed", json!(Renewed { token: text(TOKEN), expires_at: text("2026-12-21T10:00:00.000Z") })),
        ("Me", json!(me())),
        ("EditMe", json!(EditMe { display_name: Some(Some(text("Alice Miller"))) })),
        // Not serializable, because it holds passwords.
        ("SetPassword", json!({ "old": "correct horse", "new": "battery staple" })),
        ("LeaveChat", json!({ "password": "correct horse", "messages": "erase" })),
        ("SignedIn", json!(signed_in())),
        ("Message", json!(in_a_room())),
        ("Page", json!(Page { messages: vec![in_a_room()], more: false })),
        ("Polled", json!(polled())),
        ("ConversationState", json!(read_elsewhere())),
        ("Reaction", json!(thumbs_up())),
        ("EditMessage", json!(EditMessage { text: text("the fixed text") })),
        ("Room", json!(room)),
        ("Direct", json!(Direct { with: text("bob"), newest: 3, last_read: 1, unread: 2 })),
        ("Status", json!(status)),
        ("ConversationStatus", json!(general())),
        ("UserPresence", json!(presence())),
        ("EditUser", json!(EditUser { disabled: Some(true), role: None })),
        // Not serializable, because it holds a password.
        ("AddUser", json!({ "name": "carol" })),
        ("AddedUser", json!({ "id": 8, "name": "carol" })),
        ("Health", json!(Health { status: text("ok"), version: text(crate::domain::VERSION), database: text("ok") })),
        ("Send", json!(Send { text: text("hi"), room: Some(text("general")), room_id: None, reply_to: None })),
        (
            "SendPrivate",
            json!(SendPrivate { to: Some(text("bob")), recipient_id: None, text: text("psst"), reply_to: None }),
        ),
        ("PostMessage", json!(PostMessage { text: text("hi"), reply_to: None })),
        ("CreateRoom", json!(CreateRoom { name: Some(text("lobby")), ..CreateRoom::default() })),
        (
            "ChangeRoom",
            json!(ChangeRoom { topic: Some(text("Minutes")), private: Some(true), ..ChangeRoom::default() }),
        ),
        ("Member", json!(Member { id: 7, name: text("alice"), role: RoomRole::Owner })),
        ("SetMember", json!(SetMember { role: RoomRole::Reader })),
        ("MarkRead", json!(MarkRead { seq: 17, only_forward: true })),
    ]
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn invite() -> Invite {
    Invite {
        id: 3,
        code: Some(text(CODE)),
        url: Some(format!("http://127.0.0.1:8000/#invite={CODE}")),
        uses_left: 5,
        expires_at: text("2026-11-28T10:00:00.000Z"),
        created_by: Some(text("alice")),
        rooms: vec![text("lobby")],
        guest: false,
    }
}

fn about() -> About {
    About {
        name: text("linger"),
        welcome: text("Be kind, and ask before you assume."),
        version: text(crate::domain::VERSION),
        registration: Registration::Invite,
        guests: Guests::Off,
        invites: Inviters::Admins,
        sign_on: false,
        limits: AboutLimits { text_bytes: 16_384 },
    }
}

fn me() -> Me {
    Me {
        id: 7,
        name: text("alice"),
        display_name: Some(text("Alice Miller")),
        guest: false,
        role: Role::Member,
        created_at: text("2026-11-21T09:00:00.000Z"),
        may_set_password: false,
    }
}

fn presence() -> UserPresence {
    UserPresence {
        id: 7,
        name: text("alice"),
        display_name: Some(text("Alice Miller")),
        online: true,
        role: Role::Member,
        bot: false,
        disabled: false,
        guest: false,
    }
}

fn signed_in() -> SignedIn {
    SignedIn {
        id: text("0123456789abcdef0123456789abcdef"),
        client: text("Firefox on Linux"),
        address: text("192.0.2.7"),
        created_at: text("2026-11-21T10:00:00.000Z"),
        last_seen_at: text("2026-11-21T10:05:00.000Z"),
        current: true,
    }
}

fn in_a_room() -> Message {
    Message {
        id: 1042,
        seq: 17,
        room_id: Some(1),
        room: Some(text("general")),
        from: text("alice"),
        to: None,
        text: text("hi"),
        sent_at: text("2026-11-21T10:00:00.123Z"),
        ..Message::default()
    }
}

fn polled() -> Polled {
    let changed = Message {
        edited_at: Some(text("2026-11-21T10:02:00.000Z")),
        reactions: vec![thumbs_up()],
        revision: Some(1050),
        ..in_a_room()
    };
    Polled {
        messages: vec![in_private()],
        changed: Some(vec![changed]),
        conversations: Some(vec![read_elsewhere()]),
        more: false,
        cursor: text(CURSOR),
    }
}

fn thumbs_up() -> Reaction {
    Reaction { emoji: text("👍"), count: 2, users: vec![text("bob"), text("carol")] }
}

fn read_elsewhere() -> ConversationState {
    ConversationState {
        room_id: Some(1),
        room: Some(text("general")),
        topic: Some(String::new()),
        private: Some(false),
        archived: Some(false),
        posting: Some(Posting::Everyone),
        joined: true,
        role: Some(RoomRole::Member),
        newest: Some(17),
        last_read: Some(17),
        unread: Some(0),
        ..ConversationState::default()
    }
}

fn in_private() -> Message {
    Message {
        id: 1043,
        seq: 3,
        room_id: None,
        room: None,
        from: text("bob"),
        to: Some(text("alice")),
        text: text("psst"),
        sent_at: text("2026-11-21T10:00:01.007Z"),
        ..Message::default()
    }
}

fn general() -> ConversationStatus {
    ConversationStatus {
        room_id: Some(1),
        room: Some(text("general")),
        topic: Some(String::new()),
        private: Some(false),
        archived: Some(false),
        posting: Some(Posting::Everyone),
        joined: true,
        role: Some(RoomRole::Member),
        newest: 17,
        last_read: 17,
        ..ConversationStatus::default()
    }
}
