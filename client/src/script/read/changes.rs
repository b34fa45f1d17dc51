//! Changes of one page, with `--changes`. A page that is printed again after a kill repeats them: of two copies the one
//! with the larger revision counts.

use jiff::Zoned;
use linger_api::{Message, Polled};

use super::reader::Reader;
use crate::display::{Layout, describe};
use crate::domain::Failure;
use crate::terminal;

/// Prints the changed messages of a page as they are now, and with `--json` the conversations that have changed.
/// `is_printed` tells which new messages of the page were printed from it, and not by an earlier run.
pub(super) fn print(reader: &mut Reader, page: &Polled, is_printed: impl Fn(&Message) -> bool) -> Result<(), Failure> {
    let now = Zoned::now();
    let layout = Layout { columns: None, current: None, now: &now, is_numbered: false };
    for message in page.changed.iter().flatten() {
        // A new message is printed as it is now. An earlier run may have printed it as it was then.
        let has_printed = |new: &Message| new.id == message.id && new.revision >= message.revision && is_printed(new);
        if page.messages.iter().any(has_printed) {
            continue;
        }
        match reader.output.is_json() {
            true => reader.print(message)?,
            false => {
                for line in describe(None, message, reader.me, &layout) {
                    reader.output.line(&line)?;
                }
            }
        }
    }
    for state in page.conversations.iter().flatten() {
        reader.output.json(state)?;
    }
    Ok(())
}

/// Says that the server tells no changes, if that is so.
pub(super) fn warn(reader: &Reader, page: &Polled, is_warned: &mut bool) {
    if reader.changes && page.changed.is_none() && !std::mem::replace(is_warned, true) {
        terminal::print_notice("linger: this server is older than linger 0.2 and tells no changes; printing messages");
    }
}
