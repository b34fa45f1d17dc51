//! Reading the line of some conversations in stretches, so that a page costs about as much as it brings.

use crate::domain::ids::EventId;

/// How many places the first stretch has for each row that is wanted. A user's conversations are often most of a
/// server.
const PLACES_PER_ROW: EventId = 2;

/// How much longer each stretch is than the one before. Users with few conversations on a busy server need some.
const GROWTH: EventId = 8;

/// Ever longer stretches of the line, all from the same place. A reader asks for the first `limit` rows of one stretch
/// after the other, until there are as many.
pub(super) struct Stretches {
    after: EventId,
    upto: EventId,
    limit: usize,
    places: EventId,
}

impl Stretches {
    /// Begins with the place after `after`. No stretch goes beyond `upto`.
    pub(super) fn new(after: EventId, upto: EventId, limit: usize) -> Self {
        let places = EventId::try_from(limit).unwrap_or(EventId::MAX).saturating_mul(PLACES_PER_ROW);
        Self { after, upto, limit, places }
    }

    /// The last place of the present stretch.
    pub(super) fn end(&self) -> EventId {
        self.after.saturating_add(self.places).min(self.upto)
    }

    /// Returns whether this many rows of the present stretch are all that is wanted. If not, goes on to a longer one.
    pub(super) fn is_enough(&mut self, rows: usize) -> bool {
        let is_enough = rows >= self.limit || self.end() >= self.upto;
        self.places = self.places.saturating_mul(GROWTH);
        is_enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what is read of these places, and where each stretch ended.
    fn read(places: &[EventId], after: EventId, upto: EventId, limit: usize) -> (Vec<EventId>, Vec<EventId>) {
        let (mut stretches, mut ends) = (Stretches::new(after, upto, limit), Vec::new());
        loop {
            let end = stretches.end();
            ends.push(end);
            let within = places.iter().copied().filter(|&place| place > after && place <= end);
            let rows: Vec<_> = within.take(limit).collect();
            if stretches.is_enough(rows.len()) {
                return (rows, ends);
            }
        }
    }

    #[test]
    fn the_first_rows_are_read_however_far_apart_they_are() {
        let near: Vec<EventId> = (1..=100).collect();
        assert_eq!(read(&near, 0, 100, 3), (vec![1, 2, 3], vec![6]), "one stretch is enough");
        assert_eq!(read(&near, 98, 100, 3), (vec![99, 100], vec![100]), "and ends with the line");
        let far = [40, 4_000, 4_001];
        assert_eq!(read(&far, 0, 9_000, 2), (vec![40, 4_000], vec![4, 32, 256, 2_048, 9_000]));
        assert_eq!(read(&far, 0, 3_999, 2), (vec![40], vec![4, 32, 256, 2_048, 3_999]));
        assert_eq!(read(&[], 5, 5, 2), (vec![], vec![5]), "nothing is left");
    }
}
