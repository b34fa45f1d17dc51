//! Every call as every kind of user, compared with the tables of `docs/permissions.md`. A call without a row fails.
//!
//! [`table`] reads the document, [`stage`] has the users and makes rooms for them, and [`calls`] knows how each call is
//! made. To see what the server does instead: `LINGER_PERMISSIONS=print cargo test … permissions -- --nocapture`.

mod calls;
mod stage;
mod table;

use std::collections::BTreeSet;

use stage::Stage;
use table::{Row, sections};

use crate::house::coverage::CALLS;

/// The columns of the tables, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Without a token.
    Anonymous,
    /// A guest who came by an invitation that names another room.
    Invited,
    /// Any other guest outside the room.
    Guest,
    /// An account outside the room.
    Outsider,
    Banned,
    Reader,
    Member,
    Owner,
    /// An administrator outside the room.
    Admin,
    /// A member whom an owner has removed.
    Removed,
    /// A member whom an administrator has disabled.
    Disabled,
}

impl Role {
    const ALL: [Self; 11] = [
        Self::Anonymous,
        Self::Invited,
        Self::Guest,
        Self::Outsider,
        Self::Banned,
        Self::Reader,
        Self::Member,
        Self::Owner,
        Self::Admin,
        Self::Removed,
        Self::Disabled,
    ];
}

/// The sections of the document: what a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Server,
    Public,
    Private,
    Archived,
    Direct,
}

impl Place {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Server, "The server and the caller"),
        (Self::Public, "A public room"),
        (Self::Private, "A private room"),
        (Self::Archived, "An archived public room"),
        (Self::Direct, "A direct conversation of two others"),
    ];

    /// Returns whether a call has to have a row in this section.
    fn needs(self, call: &str) -> bool {
        let is_in_room = call.contains("/room/<id>");
        let is_direct = call.contains("/direct/<name>");
        match self {
            Self::Server => !is_in_room && !is_direct,
            Self::Public | Self::Private | Self::Archived => is_in_room,
            Self::Direct => is_direct,
        }
    }
}

#[test]
fn every_call_has_a_row_in_each_section_that_it_belongs_to() {
    let sections = sections();
    for (place, title) in Place::ALL {
        let rows = &sections.iter().find(|section| section.title == title).expect(title).rows;
        let calls: BTreeSet<_> = rows.iter().map(|row| row.call.as_str()).collect();
        for call in CALLS.iter().filter(|call| place.needs(call)) {
            assert!(calls.contains(table::documented(call).as_str()), "{title}: there is no row for {call}");
        }
        for row in rows {
            assert!(
                CALLS.iter().any(|call| table::documented(call) == row.call),
                "{title}: no such call: {}",
                row.call
            );
            assert_eq!(row.cells.len(), Role::ALL.len(), "{title}: {}", row.call);
        }
    }
}

/// Makes every call of a section as every kind of user, and compares.
async fn check(place: Place) {
    let title = Place::ALL.iter().find(|(other, _)| *other == place).unwrap().1;
    let sections = sections();
    let rows = &sections.iter().find(|section| section.title == title).expect(title).rows;
    let stage = Stage::start(place).await;
    let prints = std::env::var("LINGER_PERMISSIONS").is_ok_and(|what| what == "print");
    let mut wrong = Vec::new();
    for row in rows {
        let mut seen = Vec::new();
        for (role, expected) in Role::ALL.into_iter().zip(&row.cells) {
            let outcome = stage.attempt(role, row).await;
            if outcome != *expected {
                wrong.push(format!("{} as {role:?}: {outcome}, not {expected}", row.name));
            }
            seen.push(outcome);
        }
        if prints {
            println!("| {} | {} |", Row::written(&row.name), seen.join(" | "));
        }
    }
    assert!(prints || wrong.is_empty(), "{title}:\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_server_and_the_caller() {
    check(Place::Server).await;
}

#[tokio::test]
async fn a_public_room() {
    check(Place::Public).await;
}

#[tokio::test]
async fn a_private_room() {
    check(Place::Private).await;
}

#[tokio::test]
async fn an_archived_room() {
    check(Place::Archived).await;
}

#[tokio::test]
async fn a_direct_conversation() {
    check(Place::Direct).await;
}
