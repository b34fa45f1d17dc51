//! Where a session begins, as named on the command line or in the settings. Knows no prompt.

use linger_api::Connected;

use crate::cli;
use crate::commands::nearest_of;
use crate::config::Settings;
use crate::domain::{Conversation, Failure, visible};
use crate::http::Http;

/// Refuses a word that is probably a misspelt command. A mark says that it is none.
pub(super) fn refuse_command(word: Option<&str>) -> Result<(), Failure> {
    match word.filter(|word| Conversation::marked(word).is_none()).and_then(|word| Some((word, cli::meant(word)?))) {
        Some((word, command)) => Err(Failure::Usage(format!(
            "there is no command {}. Did you mean `linger {command}`? `linger '#{}'` is a room",
            visible(word),
            visible(word)
        ))),
        None => Ok(()),
    }
}

/// Returns the conversation that a word means: `#room`, `@name`, or a room that exists. Without a word, returns the room
/// in the settings.
///
/// # Errors
///
/// [`Failure::Usage`] with what may have been meant, for any other word.
pub(super) fn find(
    word: Option<&str>,
    settings: &Settings,
    connected: &Connected,
    http: &Http,
) -> Result<Option<Conversation>, Failure> {
    if word.is_some_and(|word| word.trim().is_empty()) {
        return Err(Failure::Usage("the name of the room is empty".to_owned()));
    }
    let Some(word) = word else { return Ok(settings.room.as_deref().map(Conversation::room)) };
    if let Some(marked) = Conversation::marked(word) {
        return Ok(Some(marked));
    }
    let room = Conversation::Room(word.to_lowercase());
    if connected.rooms.iter().any(|joined| joined.name == room.name()) {
        return Ok(Some(room));
    }
    match http.conversation(&room) {
        Ok(_) => Ok(Some(room)),
        Err(failure) if failure.is_not_found() || failure.is_bad_input() => Err(Failure::Usage(advice(word, http))),
        Err(failure) => Err(failure),
    }
}

/// Says what a word may have been meant to be.
fn advice(word: &str, http: &Http) -> String {
    let name = word.to_lowercase();
    let rooms = http.all_rooms(false).unwrap_or_default();
    let room = nearest_of(&name, rooms.iter().map(|listed| listed.room.name.as_str()));
    let user = Conversation::Direct(name.clone());
    let user = http.conversation(&user).is_ok().then(|| user.to_string());
    let meant: Vec<_> = [cli::meant(word), room.map(str::to_owned), user].into_iter().flatten().collect();
    let meant: Vec<_> = meant.iter().map(|word| format!("`linger {}`", visible(word))).collect();
    let hint = match &meant[..] {
        [] => "`linger rooms` lists the rooms, and `linger --help` the commands".to_owned(),
        meant => format!("Did you mean {}?", meant.join(" or ")),
    };
    format!("There is no room and no command named {}. {hint}", visible(word))
}
