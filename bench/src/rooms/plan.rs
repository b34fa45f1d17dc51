//! Assigns users to rooms and senders to conversations. Pure arithmetic.

use clap::Args;

/// The size of a run.
#[derive(Args, Clone, Copy)]
pub(crate) struct Plan {
    /// Number of users, each with a held poll
    #[arg(long, default_value_t = 10_000)]
    pub(crate) users: usize,
    /// Number of rooms besides general, in which no messages are sent
    #[arg(long, default_value_t = 1_000)]
    pub(crate) rooms: usize,
    /// Number of rooms that each user joins
    #[arg(long, default_value_t = 2)]
    pub(crate) joined: usize,
    /// Number of users who send, each in one room and to one other user
    #[arg(long, default_value_t = 1_000)]
    pub(crate) senders: usize,
    /// One in this many messages of a sender is private
    #[arg(long, default_value_t = 5)]
    pub(crate) private_of: usize,
}

impl Plan {
    /// Returns the rooms of a user without duplicates. User n creates room n.
    pub(crate) fn rooms_of(self, user: usize) -> impl Iterator<Item = usize> {
        (0..self.joined).map(move |place| (user + place * (self.rooms / self.joined)) % self.rooms)
    }

    /// Returns the room in which a sender sends.
    pub(crate) fn room_of(self, sender: usize) -> usize {
        sender % self.rooms
    }

    /// Returns the user to whom a sender sends private messages.
    pub(crate) fn partner_of(self, sender: usize) -> usize {
        (sender + self.users / 2) % self.users
    }

    /// Returns the readers of each voice. A sender has voice 2n in its room and voice 2n + 1 in private, and reads
    /// both.
    pub(crate) fn audiences(self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.rooms];
        for user in 0..self.users {
            self.rooms_of(user).for_each(|room| members[room].push(user));
        }
        let voices = |sender| [members[self.room_of(sender)].clone(), vec![sender, self.partner_of(sender)]];
        (0..self.senders).flat_map(voices).collect()
    }

    /// Returns whether a sender's message with this number is private.
    pub(crate) fn is_private(self, count: u64) -> bool {
        count.is_multiple_of(self.private_of as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_voice_reaches_its_room_or_two_users() {
        let plan = Plan { users: 100, rooms: 10, joined: 2, senders: 20, private_of: 5 };
        let audiences = plan.audiences();
        assert_eq!(audiences.len(), 40);
        for (voice, audience) in audiences.iter().enumerate() {
            let mut once = audience.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), if voice % 2 == 0 { 20 } else { 2 }, "voice {voice}");
            assert!(audience.contains(&(voice / 2)), "the sender reads it too");
        }
    }
}
