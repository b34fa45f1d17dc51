//! The first administrator comes in by an invitation that the server logs.

use serde_json::json;

use crate::harness::{TestServer, User, assert_problem, until};

const FIRST: (&str, &str) = ("ROCKET_CHAT__INVITE_FIRST_ADMIN", "true");

/// Returns the codes of the invitations that the server has logged.
fn logged(server: &TestServer) -> Vec<String> {
    let code = |line: &String| {
        let (_, code) = line.split_once("#invite=").filter(|_| line.contains("there is no user yet"))?;
        Some(code.split(' ').next().unwrap().to_owned())
    };
    server.log().iter().filter_map(code).collect()
}

#[tokio::test]
async fn a_server_without_users_logs_one_invitation_which_makes_an_administrator() {
    for registration in ["invite", "closed"] {
        let settings = [FIRST, ("ROCKET_CHAT__REGISTRATION", registration), ("ROCKET_CHAT__GUESTS", "invite")];
        let mut server = TestServer::start_with(&settings).await;
        until("the invitation is logged", async || !logged(&server).is_empty()).await;
        // A server that nobody came to says it again, and only one of the two lets a user in.
        server.restart().await;
        until("the invitation is logged again", async || logged(&server).len() == 2).await;
        let [earlier, later]: [String; 2] = logged(&server).try_into().unwrap();
        let as_guest = json!({ "username": "alice", "code": earlier });
        assert_problem(server.connect(&as_guest).await, 403, "code-not-valid").await;
        let alice = json!({ "username": "alice", "password": "alice's password", "code": earlier });
        let alice = User::connect(&server, &alice).await;
        assert!(!alice.connected.user.guest);
        for code in [&earlier, &later] {
            let mallory = json!({ "username": "mallory", "password": "mallory's password", "code": code });
            assert_problem(server.connect(&mallory).await, 403, "code-not-valid").await;
        }
        assert_eq!(alice.post("/invites", &json!({})).await.status(), 201, "only administrators may invite here");
        server.restart().await;
        alice.get_json("/rooms").await;
        assert_eq!(logged(&server).len(), 2, "there is a user now");
    }
}

#[tokio::test]
async fn an_administrator_made_in_the_shell_ends_the_logged_invitations() {
    let mut server = TestServer::start_with(&[FIRST, ("ROCKET_CHAT__REGISTRATION", "invite")]).await;
    until("the invitation is logged", async || !logged(&server).is_empty()).await;
    server.restart().await;
    until("the invitation is logged again", async || logged(&server).len() == 2).await;
    for arguments in [["user", "add", "alice"], ["user", "admin", "alice"]] {
        let made = server.shell(&arguments).await;
        assert!(made.status.success(), "{made:?}");
    }
    for code in logged(&server) {
        let mallory = json!({ "username": "mallory", "password": "mallory's password", "code": code });
        assert_problem(server.connect(&mallory).await, 403, "code-not-valid").await;
    }
}

#[tokio::test]
async fn a_server_that_is_not_told_to_logs_no_invitation() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__REGISTRATION", "invite")]).await;
    let body = json!({ "username": "alice", "password": "alice's password" });
    assert_problem(server.connect(&body).await, 401, "wrong-credentials").await;
    assert_eq!(logged(&server), [] as [String; 0]);
}
