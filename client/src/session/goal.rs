//! Where a session begins, as named on the command line or in the settings. Knows no prompt.

use linger_api::Connected;

use crate::cli;
use crate::commands::nearest_of;
use crate::config::Settings;
use crate::domain::{Conversation, Failure, visible};
use crate::http::Http;

/// Refuses a conversation without a name, on the command line or in the settings.
pub(super) fn refuse_nameless(word: Option<&str>, settings: &Settings) -> Result<(), Failure> {
    let asked = match (word, &settings.room) {
        (Some(word), _) => Conversation::marked(word).unwrap_or_else(|| Conversation::room(word)),
        (None, Some(room)) => Conversation::room(room),
        (None, None) => return Ok(()),
    };
    asked.with_name().map(drop)
}

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

/// Returns the conversation that a word means: `#room`, `@name`, or a room. Without a word, returns the room in the
/// settings. The server has it.
///
/// # Errors
///
/// [`Failure::Missing`] if there is no such conversation; without a mark, [`Failure::Usage`] with what may have been
/// meant.
pub(super) fn find(
    word: Option<&str>,
    settings: &Settings,
    connected: &Connected,
    http: &Http,
) -> Result<Option<Conversation>, Failure> {
    let is_joined = |name: &str| connected.rooms.iter().any(|joined| joined.name == name.to_lowercase());
    let marked = match word {
        Some(word) => Conversation::marked(word),
        None => settings.room.as_deref().map(Conversation::room),
    };
    if let Some(marked) = marked {
        if !matches!(&marked, Conversation::Room(name) if is_joined(name)) {
            http.conversation(&marked).map_err(|failure| failure.or_missing(|| missing(&marked)))?;
        }
        return Ok(Some(marked));
    }
    let Some(word) = word else { return Ok(None) };
    let room = Conversation::Room(word.to_lowercase());
    if is_joined(word) {
        return Ok(Some(room));
    }
    match http.conversation(&room) {
        Ok(_) => Ok(Some(room)),
        Err(failure) if failure.is_not_found() || failure.is_bad_input() => Err(Failure::Usage(advice(word, http))),
        Err(failure) => Err(failure),
    }
}

/// Says that there is no such conversation.
pub(super) fn missing(what: &Conversation) -> String {
    match what {
        Conversation::Room(name) => format!("There is no room named {name}"),
        Conversation::Direct(name) => format!("There is no user named {name}"),
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
