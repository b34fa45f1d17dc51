//! Rooms: their topic, their members and roles, and losing one.

use crate::harness::{Friend, Home, Pty, Server};

fn start(home: &Home, server: &Server, room: &str) -> Pty {
    let variables = [("LINGER_SERVER", &*server.url()), ("NO_COLOR", "1")];
    let mut pty = Pty::start_in(home.path(), 100, 30, &[room], &variables);
    pty.prompts(&format!("[#{room}]>"));
    pty
}

#[test]
fn an_owner_looks_after_a_room() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    let _bob = Friend::account(&server, "bob");
    let mut alice = start(&home, &server, "general");
    alice.enters("/topic");
    alice.shows("#general has no topic.");
    alice.enters("/create board private");
    alice.prompts("[#board]>");
    for (line, shown) in [
        ("/topic Minutes and agendas", "The topic of #board: Minutes and agendas"),
        ("/topic -", "#board has no topic."),
        ("/title The board", "The title of #board: The board"),
        ("/invite bob", "bob is in #board now."),
        ("/role bob reader", "bob is a reader of #board now."),
        ("/members", "readers: bob"),
        ("/role bob owner", "bob is an owner of #board now."),
        ("/posting owners", "Only its owners may post in #board now."),
        ("/kick bob", "bob is no longer in #board."),
        ("/ban bob", "bob is banned from #board."),
        ("/unban bob", "bob may come back to #board."),
        ("/invite nobody", "There is no user named nobody"),
        ("/role alice member", "last owner"),
        ("/rooms", "private, owner, The board"),
        ("/private off", "#board is public now, with everything that was said there."),
        ("/archive", "#board is archived: it is read only"),
    ] {
        alice.enters(line);
        alice.shows(shown);
    }
    alice.enters("not stored");
    alice.shows("The room is archived.");
    alice.enters("/clear");
    alice.enters("/rooms archived");
    alice.shows("archived, owner, The board");
    alice.enters("/archive off");
    alice.shows("#board is open again.");
    assert_eq!(home.run(&["rooms", "--archived"]).ok(), "");
    assert!(home.run(&["rooms"]).ok().contains("board "), "it is listed with the others");
}

#[test]
fn a_group_has_a_made_up_name_and_its_people() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    let (_bob, _carol) = (Friend::account(&server, "bob"), Friend::account(&server, "carol"));
    let mut alice = start(&home, &server, "general");
    alice.enters("/group bob carol");
    alice.shows("bob, carol and you are here, and nobody else sees it.");
    alice.enters("/members");
    let seen = alice.shows("members: bob carol");
    assert!(!seen.rows.iter().any(|row| row.contains("you are in #")), "no news of what the user did: {seen:?}");
    alice.enters("hello you two");
    alice.shows("alice: hello you two");
    alice.enters("/rooms");
    alice.shows("private, owner");
}

#[test]
fn a_user_is_told_of_a_room_that_others_add_and_take_away() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    let bob = Friend::account(&server, "bob");
    let mut alice = start(&home, &server, "general");
    let board = bob.creates_private("board", &["alice"]);
    alice.shows("— you are in #board now");
    bob.says_in("board", "a secret");
    alice.enters("/switch board");
    alice.shows("bob: a secret");
    alice.prompts("[#board]>");
    alice.types("half a line");
    bob.removes(board, "alice");
    alice.shows("— you are no longer in #board");
    alice.prompts("[#board]> half a line");
    alice.enters("");
    alice.shows("Not sent, because you have left #board: half a line");
    alice.enters("/switch general");
    alice.prompts("[#general]>");
    alice.enters("/rooms");
    alice.shows("1 #general");
    alice.enters("/switch board");
    alice.shows("There is no room named board");
    // Lines that are typed before a failure can be seen are refused.
    alice.enters("/switch general");
    alice.enters("still here");
    alice.shows("alice: still here");
}

#[test]
fn a_refusal_to_post_says_why() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    let bob = Friend::account(&server, "bob");
    let board = bob.creates_private("board", &["alice"]);
    bob.gives_role(board, "alice", "reader");
    let mut alice = start(&home, &server, "board");
    alice.enters("may I?");
    alice.shows("You are a reader there.");
    let said = home.run_with_input(&["send", "--room", "board", "may I?"], "").fails(5);
    assert!(said.contains("post"), "{said}");
    alice.enters("/topic mine");
    alice.shows("Only the owners");
}

#[test]
fn following_a_room_ends_when_it_is_lost() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    let bob = Friend::account(&server, "bob");
    let board = bob.creates_private("board", &["alice"]);
    bob.says_in("board", "a secret");
    let mut follow = home.start(&["read", "--room", "board", "--follow"]);
    let (lines, errors) = (follow.lines(), follow.errors());
    assert!(lines.next().ends_with("bob: a secret"));
    bob.removes(board, "alice");
    assert_eq!(errors.next(), "linger: #board is gone, or you are no longer in it");
    assert_eq!(follow.0.wait().unwrap().code(), Some(5));
    let said = home.run(&["read", "--room", "board"]).fails(5);
    assert!(said.contains("there is no room named board"), "{said}");
}
