//! The beginning of a typed session: the choice of a conversation, and the messages to catch up on.

use linger_api::{Connected, Message};

use super::bookmark::Bookmark;
use super::catching_up::{catch_up, is_flood};
use super::remote::{LATEST, Remote};
use super::view::UNREAD;
use crate::commands::{self, Command, Input};
use crate::display::{fold, listing};
use crate::domain::{Conversation, Failure, visible};
use crate::terminal::{Editor, Screen, Typed};

/// The reply to any other answer.
const HINT: &str = "Type a number or a name from the list, or a new name; /quit leaves.";

/// The meaning of an answer.
enum Answer {
    /// Stay in the current conversation.
    Current,
    /// The outcome of entering another one.
    Entered(Result<(), Failure>),
    /// Another list, of what is named like this.
    List(Option<String>),
    Quit,
    Unclear,
}

/// Makes a conversation the current one: the goal, the one in which the last session ended, or one that the user
/// chooses from a list. Returns false if the user quits instead.
pub(super) fn choose(
    goal: Option<Conversation>,
    bookmark: &Bookmark,
    connected: &Connected,
    remote: &Remote,
    screen: &Screen,
    editor: &mut Editor,
) -> Result<bool, Failure> {
    if let Some(goal) = goal {
        enter(remote, goal)?;
        return Ok(true);
    }
    if let Some(last) = bookmark.conversation()
        && reopen(remote, last)?
    {
        return Ok(true);
    }
    list(connected, remote, screen, None)?;
    let current = remote.conversations.current();
    let is_offered = remote.conversations.is_followed(&current);
    let offer = if is_offered { format!(" ({})", visible(current.name())) } else { String::new() };
    let question = format!("Number or name{offer}: ");
    loop {
        let Typed::Line(line) = editor.ask(&question)? else { return Ok(false) };
        let mut entered = match interpret(&line, remote) {
            Answer::Current if is_offered => return Ok(true),
            Answer::Quit => return Ok(false),
            Answer::Current | Answer::Unclear => {
                say(screen, HINT)?;
                continue;
            }
            Answer::List(like) => {
                list(connected, remote, screen, like.as_deref())?;
                continue;
            }
            Answer::Entered(outcome) => outcome,
        };
        if let (Err(Failure::Missing(what)), Some(room)) = (&entered, new_room(line.trim())) {
            if !agrees(editor, &format!("{what}. Create it? [y/N] "))? {
                continue;
            }
            entered = remote.carry_out(&Command::Create { room, is_private: false });
        }
        match entered {
            Ok(()) => return Ok(true),
            Err(failure) if failure.is_transient() || is_refusal(&failure) => {
                say(screen, &visible(&failure.to_string()))?;
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// Makes the conversation the current one in which the last session ended. Returns false if the user is no longer
/// there.
fn reopen(remote: &Remote, last: Conversation) -> Result<bool, Failure> {
    match &last {
        Conversation::Room(room) => {
            let is_there = remote.conversations.room_id(room).is_some();
            if is_there {
                remote.conversations.switch(last);
            }
            Ok(is_there)
        }
        Conversation::Direct(_) => match remote.go(last) {
            Err(failure) if is_refusal(&failure) => Ok(false),
            outcome => outcome.map(|()| true),
        },
    }
}

/// Prints the conversations to choose from, with their unread counts.
fn list(connected: &Connected, remote: &Remote, screen: &Screen, like: Option<&str>) -> Result<(), Failure> {
    let rooms = remote.http.all_rooms(false)?;
    let direct: Vec<_> = connected.direct.iter().map(|direct| direct.with.clone()).collect();
    let count = |conversation: &Conversation, unread: i64| {
        let direct = connected.direct.iter().find(|direct| *conversation == Conversation::Direct(direct.with.clone()));
        usize::try_from(direct.map_or(unread, |direct| direct.unread)).unwrap_or_default()
    };
    let rows = listing::rows(&rooms, &direct, count);
    screen.say(&remote.numbered(rows, like))
}

/// Carries out an answer: a number, a name, or a command that goes somewhere.
fn interpret(line: &str, remote: &Remote) -> Answer {
    match commands::read(line.trim()) {
        Input::Nothing => Answer::Current,
        Input::Say("#" | "@") => Answer::Unclear,
        Input::Say(name) => Answer::Entered(enter_named(remote, name)),
        Input::Do(Command::Quit) => Answer::Quit,
        Input::Do(Command::Join { room: to } | Command::Switch { to: Some(to) }) => {
            Answer::Entered(enter_named(remote, &to))
        }
        Input::Do(Command::Query { to: Some(name), text: None }) => {
            Answer::Entered(enter(remote, Conversation::Direct(name)))
        }
        Input::Do(Command::Rooms { like, is_archived: false }) => Answer::List(like),
        Input::Do(create @ Command::Create { .. }) => Answer::Entered(remote.carry_out(&create)),
        _ => Answer::Unclear,
    }
}

/// Returns whether the server refused the answer, and not the session.
fn is_refusal(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused { .. } | Failure::Missing(_)) && !failure.is_unauthorized()
}

fn say(screen: &Screen, text: &str) -> Result<(), Failure> {
    screen.say(&fold(text, screen.columns()))
}

fn enter_named(remote: &Remote, name: &str) -> Result<(), Failure> {
    let named = remote.conversations.named(name);
    enter(remote, named.unwrap_or_else(|| Conversation::Room(name.to_owned())))
}

/// Changes only the current conversation: [`show`] prints what is new.
fn enter(remote: &Remote, to: Conversation) -> Result<(), Failure> {
    let folded = to.folded();
    let is_joined = matches!(&folded, Conversation::Room(name) if remote.conversations.room_id(name).is_some());
    match is_joined {
        true => remote.conversations.switch(folded),
        false => remote.go(to)?,
    }
    Ok(())
}

fn new_room(answer: &str) -> Option<String> {
    let name = answer.trim_start_matches('#');
    (!answer.starts_with(['@', '/']) && name.parse::<usize>().is_err()).then(|| name.to_owned())
}

fn agrees(editor: &mut Editor, question: &str) -> Result<bool, Failure> {
    Ok(matches!(editor.ask(question)?, Typed::Line(answer) if answer.trim_start().starts_with(['y', 'Y'])))
}

/// Shows the latest read messages of the current room, then the unread ones. Returns the cursor to go on with.
pub(super) fn show(connected: &Connected, remote: &Remote) -> Result<String, Failure> {
    let current = remote.conversations.current();
    let is_shown = remote.conversations.shown_of(&current).is_some();
    let cursor = connected.cursor.clone();
    if !connected.returning {
        let me = remote.conversations.me();
        let is_here = |message: &&Message| Conversation::of(message, me) == current;
        let here: Vec<_> = connected.messages.iter().filter(is_here).cloned().collect();
        remote.view.messages(&here, None)?;
        return Ok(cursor);
    }
    let is_flooded = is_flood(connected, remote.conversations.me());
    if !is_shown && matches!(current, Conversation::Room(_)) {
        match remote.http.conversation(&current) {
            Ok(found) if found.last_read > 0 && !(is_flooded && found.unread > 0) => {
                remote.show_history(&current, Some(found.last_read + 1), LATEST, &current.to_string(), false)?;
            }
            // A guest may be in no room at all, and not see this one.
            Err(failure) if !is_refusal(&failure) => return Err(failure),
            _ => {}
        }
    }
    if is_flooded {
        return catch_up(&remote.http, &remote.conversations, &remote.view);
    }
    remote.view.messages(&connected.messages, Some(UNREAD))?;
    Ok(cursor)
}
