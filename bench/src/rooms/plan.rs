//! Who is in which room, who speaks where, and who therefore hears it. Numbers only.

use clap::Args;

/// Of what size everything is.
#[derive(Args, Clone, Copy)]
pub struct Plan {
    /// Users, each with a held poll
    #[arg(long, default_value_t = 10_000)]
    pub users: usize,
    /// Rooms besides general, in which nobody speaks
    #[arg(long, default_value_t = 1_000)]
    pub rooms: usize,
    /// Rooms that each user has joined
    #[arg(long, default_value_t = 2)]
    pub joined: usize,
    /// Users who speak, each in one room and to one other user
    #[arg(long, default_value_t = 1_000)]
    pub senders: usize,
    /// Of so many messages of a sender one is private
    #[arg(long, default_value_t = 5)]
    pub private_of: usize,
}

impl Plan {
    /// The rooms of a user, each once. User n has made room n.
    pub fn rooms_of(self, user: usize) -> impl Iterator<Item = usize> {
        (0..self.joined).map(move |place| (user + place * (self.rooms / self.joined)) % self.rooms)
    }

    /// The room in which a sender speaks.
    pub fn room_of(self, sender: usize) -> usize {
        sender % self.rooms
    }

    /// To whom a sender speaks.
    pub fn partner_of(self, sender: usize) -> usize {
        (sender + self.users / 2) % self.users
    }

    /// Who hears each voice: a sender has voice 2n in its room, and voice 2n + 1 in private. Whoever speaks hears it.
    pub fn audiences(self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.rooms];
        for user in 0..self.users {
            self.rooms_of(user).for_each(|room| members[room].push(user));
        }
        let voices = |sender| [members[self.room_of(sender)].clone(), vec![sender, self.partner_of(sender)]];
        (0..self.senders).flat_map(voices).collect()
    }

    /// Whether a sender's message so-and-so is private.
    pub fn is_private(self, count: u64) -> bool {
        count.is_multiple_of(self.private_of as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_voice_is_heard_by_its_room_or_by_two() {
        let plan = Plan { users: 100, rooms: 10, joined: 2, senders: 20, private_of: 5 };
        let audiences = plan.audiences();
        assert_eq!(audiences.len(), 40);
        for (voice, audience) in audiences.iter().enumerate() {
            let mut once = audience.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), if voice % 2 == 0 { 20 } else { 2 }, "voice {voice}");
            assert!(audience.contains(&(voice / 2)), "the speaker hears it");
        }
    }
}
