//! What each role may do in a room: one table, which routes, the journal and the documents' test read. Knows only the
//! rules.

/// A user's role in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Owner,
    Member,
    Reader,
    /// Not a member, and kept out.
    Banned,
}

impl Role {
    pub(crate) const ALL: [Self; 4] = [Self::Owner, Self::Member, Self::Reader, Self::Banned];

    /// Returns the role as it is stored.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member => "member",
            Self::Reader => "reader",
            Self::Banned => "banned",
        }
    }
}

/// Who may post in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Posting {
    Everyone,
    Members,
    Owners,
}

impl Posting {
    pub(crate) const ALL: [Self; 3] = [Self::Everyone, Self::Members, Self::Owners];

    /// Returns the value as it is stored.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::Members => "members",
            Self::Owners => "owners",
        }
    }
}

/// What a user is to a room: the columns of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seat {
    Banned,
    Outside,
    Reader,
    Member,
    Owner,
    /// An admin in the room, or any admin if the room is public.
    Admin,
}

impl Seat {
    /// Returns the seat of a user with this role, if any. A private room is nothing special to an admin outside it.
    pub(crate) fn of(role: Option<Role>, is_admin: bool, is_private: bool) -> Self {
        match role {
            Some(Role::Owner | Role::Member | Role::Reader) if is_admin => Self::Admin,
            Some(Role::Owner) => Self::Owner,
            Some(Role::Member) => Self::Member,
            Some(Role::Reader) => Self::Reader,
            _ if is_admin && !is_private => Self::Admin,
            Some(Role::Banned) => Self::Banned,
            None => Self::Outside,
        }
    }
}

/// What a user may do in a room: the rows of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// See the room, its members and its history, and subscribe to it.
    Read,
    Join,
    /// Post, reply, edit and react, by the room's `posting`.
    Post(Posting),
    /// Delete messages of others.
    DeleteOthers,
    /// Change the room, and add, change and remove members.
    Manage,
}

/// The seats that have each right, in a room that its owners have not made private or archived.
pub(crate) const RIGHTS: [(Right, &[Seat]); 7] = {
    use Seat::{Admin, Banned, Member, Outside, Owner, Reader};
    [
        (Right::Read, &[Banned, Outside, Reader, Member, Owner, Admin]),
        (Right::Join, &[Outside, Reader, Member, Owner, Admin]),
        (Right::Post(Posting::Everyone), &[Outside, Member, Owner, Admin]),
        (Right::Post(Posting::Members), &[Member, Owner, Admin]),
        (Right::Post(Posting::Owners), &[Owner, Admin]),
        (Right::DeleteOthers, &[Owner, Admin]),
        (Right::Manage, &[Owner, Admin]),
    ]
};

/// What a room's owners have decided about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) is_private: bool,
    pub(crate) is_archived: bool,
    pub(crate) posting: Posting,
}

/// Why a user may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The user does not see the room.
    NotFound,
    Forbidden,
    /// The user does not post there, or nobody does.
    ReadOnly,
}

impl Rules {
    /// Returns the right to post in such a room.
    pub(crate) fn post(self) -> Right {
        Right::Post(self.posting)
    }

    /// Decides whether a user has a right.
    ///
    /// # Errors
    /// If not.
    pub(crate) fn check(self, seat: Seat, right: Right) -> Result<(), Refusal> {
        let is_posting = matches!(right, Right::Post(_));
        if self.is_private && matches!(seat, Seat::Banned | Seat::Outside) {
            return Err(Refusal::NotFound);
        }
        if self.is_archived && is_posting {
            return Err(Refusal::ReadOnly);
        }
        let has_it = RIGHTS.iter().any(|(row, seats)| *row == right && seats.contains(&seat));
        match has_it {
            true => Ok(()),
            false if is_posting => Err(Refusal::ReadOnly),
            false => Err(Refusal::Forbidden),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEATS: [Seat; 6] = [Seat::Banned, Seat::Outside, Seat::Reader, Seat::Member, Seat::Owner, Seat::Admin];

    /// `docs/http.md` has the same table, a row for each right.
    #[test]
    fn the_http_document_has_the_table() {
        let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/http.md");
        let document = std::fs::read_to_string(document).expect("it is in the checkout");
        let (_, table) = document.split_once("| in a public room |").expect("there is a table");
        let rows: Vec<_> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
        assert_eq!(rows.len(), RIGHTS.len(), "{rows:?}");
        for (row, (right, seats)) in rows.into_iter().zip(RIGHTS) {
            let marks: Vec<_> = SEATS.iter().map(|seat| if seats.contains(seat) { "yes" } else { "–" }).collect();
            assert!(row.ends_with(&format!("| {} |", marks.join(" | "))), "{right:?}: {row}");
        }
    }

    #[test]
    fn every_role_has_a_seat_and_an_admin_outside_a_private_room_has_none() {
        let roles = [None].into_iter().chain(Role::ALL.map(Some));
        let seats =
            |is_admin, is_private| roles.clone().map(|role| Seat::of(role, is_admin, is_private)).collect::<Vec<_>>();
        let [outside, owner, member, reader, banned] =
            [Seat::Outside, Seat::Owner, Seat::Member, Seat::Reader, Seat::Banned];
        for is_private in [false, true] {
            assert_eq!(seats(false, is_private), [outside, owner, member, reader, banned]);
        }
        assert_eq!(seats(true, false), [Seat::Admin; 5]);
        assert_eq!(seats(true, true), [outside, Seat::Admin, Seat::Admin, Seat::Admin, banned]);
    }

    #[test]
    fn a_private_room_is_not_found_from_outside_and_an_archived_one_is_read_only() {
        let open = Rules { is_private: false, is_archived: false, posting: Posting::Members };
        let private = Rules { is_private: true, ..open };
        let archived = Rules { is_archived: true, ..open };
        for (right, seats) in RIGHTS {
            for seat in SEATS {
                let is_outside = matches!(seat, Seat::Banned | Seat::Outside);
                assert_eq!(open.check(seat, right).is_ok(), seats.contains(&seat), "{right:?} {seat:?}");
                assert_eq!(private.check(seat, right) == Err(Refusal::NotFound), is_outside, "{right:?} {seat:?}");
                let posts = matches!(right, Right::Post(_));
                assert_eq!(archived.check(seat, right).is_ok(), seats.contains(&seat) && !posts, "{right:?} {seat:?}");
            }
        }
        assert_eq!(open.check(Seat::Reader, open.post()), Err(Refusal::ReadOnly));
        assert_eq!(open.check(Seat::Reader, Right::Manage), Err(Refusal::Forbidden));
    }
}
