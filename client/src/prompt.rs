//! Whether the user is at a prompt: what the one who types and the one who prints must agree on. Knows no
//! terminal.

use std::sync::{Condvar, Mutex, MutexGuard};

/// Whether a prompt is up, for who wants to print above it.
///
/// rustyline prints above the line only while it reads keys; at any other time it writes at once, and what it
/// still had in hand comes after the next prompt. So printing waits for the prompt: then nothing tears the
/// answer to a command apart, and nothing overtakes what came before it.
#[derive(Default)]
pub struct PromptUp {
    up: Mutex<bool>,
    changed: Condvar,
}

impl PromptUp {
    /// Whether it is up at this moment.
    pub fn get(&self) -> bool {
        *self.lock()
    }

    /// Says so.
    pub fn set(&self, up: bool) {
        *self.lock() = up;
        self.changed.notify_all();
    }

    /// Returns when it is up.
    pub fn wait(&self) {
        let mut up = self.lock();
        while !*up {
            up = self.changed.wait(up).expect(NO_PANIC);
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.up.lock().expect(NO_PANIC)
    }
}

const NO_PANIC: &str = "nothing that holds the lock panics";
