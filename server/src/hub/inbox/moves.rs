//! Which last-read positions have moved: a stamp of all of them, which a cursor can carry, and a list of the newest
//! moves, which tells what lies between two stamps.

use std::collections::VecDeque;

use crate::domain::cursor::Told;
use crate::domain::ids::{ConversationId, Seq};
use crate::hub::SessionKey;

/// How many moves are remembered. A client that is further behind is told every position.
const REMEMBERED: usize = 64;

/// A sum over all last-read positions. Equal positions have equal stamps, on every node and after a restart. A position
/// that was moved and set back again is not equal: a client may know only of the move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp(u64);

/// A last-read position, and how often it was set; see [`Position::resets`](crate::store::Position::resets).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) resets: i64,
    pub(super) seq: Seq,
}

impl Stamp {
    /// The bits that a cursor carries.
    fn in_cursor(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Returns what a client knows that was told all positions.
    pub(crate) fn as_told(self) -> Told {
        Told { stamp: self.in_cursor(), untold_from: None, directs_from: None }
    }

    /// Returns the stamp with one position replaced. `None` is a conversation that is not joined.
    pub(super) fn replace(self, conversation: ConversationId, from: Option<Mark>, to: Option<Mark>) -> Self {
        let part = |mark: Option<Mark>| {
            let Some(Mark { resets, seq }) = mark else { return 0 };
            let conversation = mix(conversation.cast_unsigned());
            mix(mix(conversation ^ resets.cast_unsigned()) ^ seq.cast_unsigned())
        };
        Self(self.0.wrapping_sub(part(from)).wrapping_add(part(to)))
    }
}

/// Spreads the bits of a number over all of them: the output function of splitmix64 (Steele, Lea and Flood, 2014).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The newest moves of one user's positions, oldest first.
#[derive(Default)]
pub(super) struct Moves {
    /// `None` until a client asks for changes. Most clients never do, and then this costs nothing.
    newest: Option<VecDeque<Move>>,
}

struct Move {
    /// The stamp before this move, as in a cursor.
    before: u32,
    conversation: ConversationId,
    /// The session that moved the position, if it was one on this node.
    by: Option<SessionKey>,
    /// Where the position was and is; `None` where the conversation is not joined. Equal if it was set to where it was.
    seqs: (Option<Seq>, Option<Seq>),
}

impl Move {
    fn is_news(&self) -> bool {
        self.seqs.0 != self.seqs.1
    }

    fn is_back(&self) -> bool {
        matches!(self.seqs, (Some(from), Some(to)) if to < from)
    }
}

/// The conversations whose positions, or whose loss, a client has not been told. Often none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Untold {
    pub(crate) conversations: Vec<ConversationId>,
    /// All conversations from this id on, too.
    pub(crate) from: Option<ConversationId>,
}

impl Untold {
    pub(crate) fn is_empty(&self) -> bool {
        self.conversations.is_empty() && self.from.is_none()
    }
}

impl Moves {
    pub(super) fn remember(&mut self) {
        self.newest.get_or_insert_default();
    }

    pub(super) fn record(
        &mut self,
        before: Stamp,
        conversation: ConversationId,
        by: Option<SessionKey>,
        seqs: (Option<Seq>, Option<Seq>),
    ) {
        let Some(newest) = &mut self.newest else { return };
        if newest.len() == REMEMBERED {
            newest.pop_front();
        }
        newest.push_back(Move { before: before.in_cursor(), conversation, by, seqs });
    }

    /// Returns what the client does not know of the positions that other sessions than `session` have moved, given what
    /// it was told; the stamp is `now` now. If the moves since are not remembered any more, that may be any position.
    pub(super) fn untold(&self, told: Option<Told>, now: Stamp, session: SessionKey) -> Untold {
        let everything = Untold { from: Some(0), ..Untold::default() };
        let Some(Told { stamp, untold_from, .. }) = told else { return everything };
        if stamp == now.in_cursor() {
            return Untold { from: untold_from, ..Untold::default() };
        }
        match self.by_others_since(stamp, session) {
            Some(moves) => Untold { conversations: moves.map(|moved| moved.conversation).collect(), from: untold_from },
            None => everything,
        }
    }

    /// Lists the conversations whose positions other sessions than `session` have set back since the client was told
    /// that; the stamp is `now` now. Lists none if the moves since are not remembered any more.
    pub(super) fn set_back_since(&self, told: Told, now: Stamp, session: SessionKey) -> Vec<ConversationId> {
        // It may have been the same before some moves: SQLite begins a membership as the last one began.
        if told.stamp == now.in_cursor() {
            return Vec::new();
        }
        let moves = self.by_others_since(told.stamp, session).into_iter().flatten();
        moves.filter(|moved| moved.is_back()).map(|moved| moved.conversation).collect()
    }

    /// Returns what other sessions have moved since there was this stamp, or `None` if that is not remembered.
    fn by_others_since(&self, stamp: u32, session: SessionKey) -> Option<impl Iterator<Item = &Move>> {
        let newest = self.newest.iter().flatten();
        let (begin, _) = newest.clone().enumerate().filter(|(_, moved)| moved.before == stamp).last()?;
        Some(newest.skip(begin).filter(move |moved| moved.is_news() && moved.by != Some(session)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seq: Seq) -> Option<Mark> {
        Some(Mark { resets: 0, seq })
    }

    #[test]
    fn equal_positions_have_equal_stamps_in_any_order() {
        let none = Stamp::default();
        let one = none.replace(7, None, at(3)).replace(9, None, at(4));
        let other = none.replace(9, None, at(1)).replace(7, None, at(3)).replace(9, at(1), at(4));
        assert_eq!(one, other);
        assert_ne!(one, one.replace(7, at(3), at(4)));
        assert_ne!(none.replace(7, None, at(9)), none.replace(9, None, at(7)));
        assert_ne!(one, one.replace(7, at(3), Some(Mark { resets: 1, seq: 3 })), "it was set back");
        assert_eq!(one.replace(7, at(3), None).replace(9, at(4), None), none);
    }

    #[test]
    fn a_session_is_told_only_of_moves_by_others() {
        let (mut moves, start) = (Moves::default(), Stamp::default());
        moves.remember();
        moves.record(start, 7, Some(1), (None, Some(1)));
        let second = start.replace(7, None, at(1));
        moves.record(second, 9, Some(2), (Some(2), Some(1)));
        let now = second.replace(9, None, at(1));
        let untold = |conversations: &[ConversationId], from| Untold { conversations: conversations.to_vec(), from };
        let since = |known: Stamp, session| moves.untold(Some(known.as_told()), now, session);
        assert_eq!(since(start, 1), untold(&[9], None));
        let set_back = |known: Stamp, session| moves.set_back_since(known.as_told(), now, session);
        assert_eq!([set_back(start, 1), set_back(start, 2), set_back(now, 1)], [vec![9], vec![], vec![]]);
        assert_eq!(since(start, 2), untold(&[7], None));
        assert_eq!(since(second, 2), untold(&[], None));
        assert_eq!(since(now, 3), untold(&[], None));
        let in_part = |known: Stamp| Some(Told { untold_from: Some(8), ..known.as_told() });
        assert_eq!(moves.untold(in_part(now), now, 1), untold(&[], Some(8)));
        assert_eq!(moves.untold(in_part(start), now, 1), untold(&[9], Some(8)));
        assert_eq!(moves.untold(None, now, 1), untold(&[], Some(0)));
        let unknown = Told { stamp: 5, ..Stamp::default().as_told() };
        assert_eq!(moves.untold(Some(unknown), now, 1), untold(&[], Some(0)));
    }

    #[test]
    fn a_position_that_is_set_to_where_it_was_is_no_news() {
        let (mut moves, start) = (Moves::default(), Stamp::default().replace(7, None, at(3)));
        moves.remember();
        moves.record(start, 7, Some(1), (Some(3), Some(3)));
        let now = start.replace(7, at(3), Some(Mark { resets: 1, seq: 3 }));
        assert!(moves.untold(Some(start.as_told()), now, 2).is_empty());
        assert!(moves.set_back_since(start.as_told(), now, 2).is_empty());
    }

    #[test]
    fn what_was_set_back_before_a_new_membership_is_not_held_back() {
        let (mut moves, start) = (Moves::default(), Stamp::default().replace(7, None, at(5)));
        moves.remember();
        moves.record(start, 7, Some(2), (Some(5), Some(3)));
        let back = start.replace(7, at(5), Some(Mark { resets: 1, seq: 3 }));
        assert_eq!(moves.set_back_since(start.as_told(), back, 1), [7]);
        moves.record(back, 7, None, (Some(3), None));
        moves.record(Stamp::default(), 7, None, (None, Some(5)));
        // The positions are the same as at first, and the client knows them.
        assert!(moves.set_back_since(start.as_told(), start, 1).is_empty());
    }
}
