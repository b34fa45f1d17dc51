//! A bounded queue of log lines, and the thread that writes them.
//!
//! Logging only appends to memory: it neither waits nor fails. If the output takes nothing, because its disk is full or
//! because nobody reads the pipe, lines wait until there are too many of them. Further ones are counted and dropped.
//! The thread tries again until the output takes lines, so it needs neither a restart nor a signal.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tracing_subscriber::fmt::MakeWriter;

use crate::metrics::LOG_LINES_DROPPED;

/// How much may wait. About ten thousand lines.
const CAPACITY_BYTES: usize = 1024 * 1024;

/// How long the thread collects lines before it writes them. Writing each at once would cost as much as a small
/// request.
const COLLECT_FOR: Duration = Duration::from_millis(10);

/// The pause after a failed write.
const RETRY_EVERY: Duration = Duration::from_millis(200);

/// A handle to the queue. Cheap to clone.
#[derive(Clone)]
pub(super) struct Queue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    lines: Mutex<Lines>,
    arrived: Condvar,
    written: Condvar,
}

#[derive(Default)]
struct Lines {
    /// Whole lines that the thread has not taken yet.
    waiting: Vec<u8>,
    /// Whether the thread is writing lines that it has taken.
    is_writing: bool,
    /// How many callers wait for the lines to be written.
    flushing: usize,
    /// How many lines were dropped since the thread last took some.
    dropped: u64,
}

impl Queue {
    /// Starts the thread that writes to `output`.
    ///
    /// # Errors
    /// If the operating system provides no thread.
    pub(super) fn start(mut output: impl Write + Send + 'static) -> io::Result<Self> {
        let queue = Self(Arc::default());
        let shared = Arc::clone(&queue.0);
        thread::Builder::new().name("log".to_owned()).spawn(move || {
            loop {
                let (lines, dropped) = shared.take();
                write_all(&mut output, &lines);
                if dropped > 0 {
                    tracing::warn!(dropped, "log lines were dropped, because the log could not be written");
                }
            }
        })?;
        Ok(queue)
    }

    /// Adds a line, or counts it as dropped.
    fn push(&self, line: &[u8]) {
        let mut lines = self.0.lines.lock();
        if lines.waiting.len() + line.len() > CAPACITY_BYTES {
            lines.dropped += 1;
            LOG_LINES_DROPPED.inc();
            return;
        }
        lines.waiting.extend_from_slice(line);
        let is_first = lines.waiting.len() == line.len();
        drop(lines);
        if is_first {
            self.0.arrived.notify_one();
        }
    }

    /// Waits until every line is written, but no longer than `limit`.
    pub(super) fn flush(&self, limit: Duration) {
        let over = Instant::now() + limit;
        let mut lines = self.0.lines.lock();
        lines.flushing += 1;
        self.0.arrived.notify_one();
        while (lines.is_writing || !lines.waiting.is_empty())
            && !self.0.written.wait_until(&mut lines, over).timed_out()
        {}
        lines.flushing -= 1;
    }
}

impl Shared {
    /// Waits for lines, collects more for a moment, and takes them all, with the number of lines that were dropped
    /// after them.
    fn take(&self) -> (Vec<u8>, u64) {
        let mut lines = self.lines.lock();
        lines.is_writing = false;
        while lines.waiting.is_empty() {
            self.written.notify_all();
            self.arrived.wait(&mut lines);
        }
        if lines.flushing == 0 {
            self.arrived.wait_for(&mut lines, COLLECT_FOR);
        }
        lines.is_writing = true;
        (std::mem::take(&mut lines.waiting), std::mem::take(&mut lines.dropped))
    }
}

/// Writes until all is written, however long that takes. A part that was written is not written again.
fn write_all(output: &mut impl Write, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match output.write(bytes) {
            Ok(written @ 1..) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => thread::sleep(RETRY_EVERY),
        }
    }
}

impl<'a> MakeWriter<'a> for Queue {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(self)
    }
}

/// Takes one line, which the subscriber writes at once.
pub(super) struct Line<'a>(&'a Queue);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An output that takes nothing until it is opened.
    #[derive(Default, Clone)]
    struct Gate(Arc<Mutex<(bool, Vec<u8>)>>);

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut gate = self.0.lock();
            if !gate.0 {
                return Err(ErrorKind::StorageFull.into());
            }
            // In parts, as a disk that is nearly full would.
            let part = &bytes[..bytes.len().min(1000)];
            gate.1.extend_from_slice(part);
            Ok(part.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_wait_for_the_output_and_those_that_do_not_fit_are_counted() {
        let gate = Gate::default();
        let queue = Queue::start(gate.clone()).unwrap();
        let line = |number: usize| format!("{number:099}\n");
        let begun = Instant::now();
        let before = LOG_LINES_DROPPED.get();
        (0..30_000).for_each(|number| queue.push(line(number).as_bytes()));
        queue.flush(Duration::from_millis(10));
        assert!(begun.elapsed() < Duration::from_secs(5), "neither logging nor flushing waits for the output");
        let dropped = LOG_LINES_DROPPED.get() - before;
        assert!((5000..25_000).contains(&dropped), "{dropped} of 30,000 lines were dropped");
        gate.0.lock().0 = true;
        queue.flush(Duration::from_secs(20));
        let written = String::from_utf8(gate.0.lock().1.clone()).unwrap();
        let lines: Vec<usize> = written.lines().map(|line| line.parse().unwrap()).collect();
        assert_eq!(lines.len() as u64 + dropped, 30_000);
        assert!(lines.is_sorted_by(|one, next| one < next), "each line is there once and whole");
    }
}
