//! What is left to send of an answer, and when its client last took some of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use crate::hub::Event;

/// An answer makes progress when its client has taken this much more. The kernel takes what comes next in steps of up
/// to ten times as much.
pub(super) const STEP_BYTES: usize = 4 * 1024;

/// The beginning of an answer, which the kernel takes even if the client does not read.
const BEGINNING_BYTES: usize = 64 * 1024;

/// The size of a chunk there. Larger chunks are faster, but up to sixteen of them are buffered for a client that does
/// not read, after the rest was handed over.
pub(crate) const CHUNK_BYTES: usize = 4 * 1024;

/// The size of a chunk after the beginning.
const LATER_CHUNK_BYTES: usize = 2 * 1024;

/// A part of an answer.
pub(crate) enum Piece {
    /// Made for this answer.
    Own(Vec<u8>),
    /// The JSON of a message, shared with the tail and with other answers.
    Shared(Arc<Event>),
}

impl Piece {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(event) => event.json.get().as_bytes(),
        }
    }
}

/// The client did not take its answer, and others need the memory.
#[derive(Debug)]
pub(crate) struct CutOff;

/// What is left of an answer.
pub(super) struct Rest {
    /// `None` once the answer was cut off.
    pieces: Option<VecDeque<Piece>>,
    /// How much of the first piece has been sent.
    offset: usize,
    /// How much of the answer has been sent.
    sent: usize,
    /// The last progress, and how much had been sent by then.
    progress: (Instant, usize),
}

impl Rest {
    pub(super) fn new(pieces: Vec<Piece>, now: Instant) -> Self {
        Self { pieces: Some(pieces.into()), offset: 0, sent: 0, progress: (now, 0) }
    }

    pub(super) fn cut_off(&mut self) {
        self.pieces = None;
    }

    pub(super) fn last_progress(&self) -> Instant {
        self.progress.0
    }

    /// Copies the next bytes into `buffer`, a chunk at most, and returns their number; 0 at the end.
    ///
    /// # Errors
    /// If the answer was cut off.
    pub(super) fn take(&mut self, buffer: &mut [u8], now: Instant) -> Result<usize, CutOff> {
        let pieces = self.pieces.as_mut().ok_or(CutOff)?;
        let chunk = if self.sent < BEGINNING_BYTES { CHUNK_BYTES } else { LATER_CHUNK_BYTES };
        let most = buffer.len().min(chunk);
        let mut taken = 0;
        while taken < most
            && let Some(piece) = pieces.front()
        {
            let rest = &piece.bytes()[self.offset..];
            let part = rest.len().min(most - taken);
            buffer[taken..taken + part].copy_from_slice(&rest[..part]);
            taken += part;
            self.offset += part;
            if part == rest.len() {
                pieces.pop_front();
                self.offset = 0;
            }
        }
        self.sent += taken;
        if self.sent - self.progress.1 >= STEP_BYTES {
            self.progress = (now, self.sent);
        }
        Ok(taken)
    }
}
