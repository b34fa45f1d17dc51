//! An interactive session: connects, then serves the server and the user until either is done.
//!
//! Inside, imports point one way: `typed`, `piped` → `entrance`, `keyboard` → `interpreter`, `parts` → `remote`,
//! `inbox`, `lookout`, `receipts` → `changing`, `changes` → `catching_up` → `outbox`, `view`, `course` →
//! `alerts`, `conversations`, `alarm`, `bookmark`, `goal`.

mod alarm;
mod alerts;
mod bookmark;
mod catching_up;
mod changes;
mod changing;
mod conversations;
mod course;
mod directory;
mod entrance;
mod goal;
mod inbox;
mod interpreter;
mod keyboard;
mod lists;
mod lookout;
mod mentions;
mod outbox;
mod own;
mod parts;
mod piped;
mod receipts;
mod remote;
mod rooms;
mod typed;
mod view;

use self::parts::Parts;
use crate::config::Settings;
use crate::domain::Failure;
use crate::sign_in::{self, SignedIn};
use crate::terminal;

/// Runs until the user quits. `word` is where the session is to begin, as written on the command line.
///
/// # Errors
///
/// The failure that ended the session.
pub(crate) fn run(settings: &Settings, word: Option<&str>) -> Result<(), Failure> {
    // Before a user is asked for a name, and before a guest is made.
    goal::refuse_nameless(word, settings)?;
    if !sign_in::is_kept(settings)? {
        goal::refuse_command(word)?;
    }
    let SignedIn { session, connected, is_kept } = sign_in::for_session(settings)?;
    let goal = match goal::find(word, settings, &connected, &session.http) {
        Err(failure) if !is_kept => {
            // A courtesy: it frees the token and shows the user as gone, so its outcome does not matter.
            let _ = session.http.disconnect();
            return Err(failure);
        }
        goal => goal?,
    };
    let is_typed = terminal::is_drawn_on() && !settings.json;
    let parts = Parts::new(settings, session, &connected, is_typed);
    match is_typed {
        true => typed::run(&parts, settings, connected, (is_kept, goal)),
        false => piped::run(&parts, settings, connected, (is_kept, goal)),
    }
}
