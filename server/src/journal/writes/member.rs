//! What users are to rooms: joining, leaving, roles and bans.

use std::sync::Arc;

use super::Single;
use super::room::{RoomError, answer_with, conversation_event, membership_event, seat_of};
use crate::domain::clock;
use crate::domain::ids::{GENERAL_ROOM, UserId};
use crate::domain::right::{Refusal, Right, Role};
use crate::hub::Room;
use crate::journal::memory::{AfterCommit, Memory};
use crate::store::{Bulletin, RoomSeat, StoreError, Transaction};

/// A user joins a public room at its newest message. A no-op for a member.
pub(in crate::journal) struct Join {
    pub(in crate::journal) user: UserId,
    pub(in crate::journal) room: Arc<Room>,
    /// How many rooms a user may be in. 0 means any number.
    pub(in crate::journal) most: i64,
}

impl Single for Join {
    type Answer = Result<(), RoomError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        match self.join(transaction, bulletin).await {
            Ok(after) => Ok(after),
            Err(refused) => answer_with(refused),
        }
    }
}

impl Join {
    async fn join(
        self,
        transaction: &mut Transaction,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<<Self as Single>::Answer>, RoomError> {
        let Self { user, room, most } = self;
        let conversation = room.conversation;
        let seat = seat_of(transaction, user, conversation).await?;
        seat.check(Right::Join).map_err(|refused| match refused {
            RoomError::Refused(Refusal::Forbidden) => RoomError::Banned,
            refused => refused,
        })?;
        if seat.role.is_some_and(|role| role != Role::Banned) {
            return Ok(Box::new(|_| Ok(())));
        }
        let joined = transaction.insert_membership(user, conversation, most).await?.ok_or(RoomError::JoinedTooMany)?;
        let change = transaction.insert_membership_change(user, conversation).await?;
        bulletin.members.push(user);
        Ok(Box::new(move |memory| {
            memory.hub.join(user, conversation, joined, Role::Member, None);
            memory.show(&membership_event(user, conversation, change));
            Ok(())
        }))
    }
}

/// A user leaves a room. A no-op for a user who is not in it.
pub(in crate::journal) struct Leave {
    pub(in crate::journal) user: UserId,
    pub(in crate::journal) room: Arc<Room>,
}

impl Single for Leave {
    type Answer = Result<(), RoomError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        match self.leave(transaction, bulletin).await {
            Ok(after) => Ok(after),
            Err(refused) => answer_with(refused),
        }
    }
}

impl Leave {
    async fn leave(
        self,
        transaction: &mut Transaction,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<<Self as Single>::Answer>, RoomError> {
        let Self { user, room } = self;
        let conversation = room.conversation;
        let seat = seat_of(transaction, user, conversation).await?;
        // Of a public room, too, the owners look after; but it can be left as in 0.1, and admins look after it then.
        if seat.rules.is_private && seat.role == Some(Role::Owner) {
            let counts = transaction.count_members(conversation).await?;
            if counts.owners == 1 && counts.members > 1 {
                return Err(RoomError::LastOwner);
            }
        }
        let (mut change, mut told) = (None, None);
        if transaction.delete_membership(user, conversation).await? {
            change = Some(transaction.insert_membership_change(user, conversation).await?);
            told = transaction.insert_members_change(conversation).await?;
            bulletin.members.push(user);
        }
        Ok(Box::new(move |memory| {
            memory.hub.leave(user, conversation);
            change.into_iter().for_each(|change| memory.show(&membership_event(user, conversation, change)));
            told.into_iter().for_each(|told| memory.show(&conversation_event(conversation, told)));
            Ok(())
        }))
    }
}

/// An owner or an admin gives a user a role, which adds the user if need be, or removes the user. A no-op if the user
/// has that role, or none.
pub(in crate::journal) struct SetMember {
    pub(in crate::journal) by: UserId,
    pub(in crate::journal) room: Arc<Room>,
    pub(in crate::journal) user: UserId,
    /// `None` removes the user, and lifts a ban.
    pub(in crate::journal) role: Option<Role>,
}

impl Single for SetMember {
    /// Whether anything changed.
    type Answer = Result<bool, RoomError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        match self.apply(transaction, bulletin).await {
            Ok(after) => Ok(after),
            Err(refused) => answer_with(refused),
        }
    }
}

impl SetMember {
    async fn apply(
        self,
        transaction: &mut Transaction,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<<Self as Single>::Answer>, RoomError> {
        let (user, conversation, role) = (self.user, self.room.conversation, self.role);
        let by = seat_of(transaction, self.by, conversation).await?;
        if !self.is_admin_entering(&by) {
            by.check(Right::Manage)?;
        }
        let before = seat_of(transaction, user, conversation).await?.role;
        if before == role {
            return Ok(Box::new(|_| Ok(false)));
        }
        let is_removed = matches!(role, None | Some(Role::Banned));
        if is_removed && self.room.id == GENERAL_ROOM {
            return Err(RoomError::GeneralStays);
        }
        if before == Some(Role::Owner) && transaction.count_members(conversation).await?.owners == 1 {
            return Err(RoomError::LastOwner);
        }
        let was_banned = before == Some(Role::Banned);
        if was_banned {
            transaction.delete_ban(user, conversation).await?;
        }
        let mut joined = None;
        match role {
            None => {
                transaction.delete_membership(user, conversation).await?;
            }
            Some(Role::Banned) => {
                transaction.delete_membership(user, conversation).await?;
                transaction.insert_ban(user, conversation, clock::now_ms()).await?;
            }
            Some(role) => {
                joined = transaction.insert_membership(user, conversation, 0).await?;
                transaction.set_role(user, conversation, role).await?;
            }
        }
        let change = transaction.insert_membership_change(user, conversation).await?;
        bulletin.members.push(user);
        let mut facts = None;
        if was_banned || role == Some(Role::Banned) {
            facts = transaction.read_room_facts(self.room.id).await?;
            bulletin.rooms.push(self.room.id);
        }
        // The members of a private room learn that there is another, or one less.
        let told = match by.rules.is_private {
            true => Some(transaction.insert_conversation_change(conversation).await?),
            false => None,
        };
        Ok(Box::new(move |memory| {
            facts.into_iter().for_each(|facts| memory.hub.put_room(facts));
            match (role, joined) {
                (None | Some(Role::Banned), _) => memory.hub.leave(user, conversation),
                (Some(role), Some(joined)) => memory.hub.join(user, conversation, joined, role, None),
                (Some(role), None) => memory.hub.set_role(user, conversation, role),
            }
            memory.show(&membership_event(user, conversation, change));
            told.into_iter().for_each(|told| memory.show(&conversation_event(conversation, told)));
            Ok(true)
        }))
    }

    /// Returns whether an admin outside a private room makes themself a member: the one thing that an admin may do
    /// there.
    fn is_admin_entering(&self, by: &RoomSeat) -> bool {
        let is_role = self.role.is_some_and(|role| role != Role::Banned);
        by.is_admin && by.rules.is_private && self.by == self.user && is_role
    }
}
