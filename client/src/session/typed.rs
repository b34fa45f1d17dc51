//! A session on a terminal: its prompt, its threads, and how it ends. Knows nothing of what lines mean.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use linger_api::Connected;

use super::bookmark::Bookmark;
use super::directory::Directory;
use super::inbox::SignIn;
use super::interpreter::Stop;
use super::keyboard::{self, Keyboard};
use super::outbox::{Fate, Line};
use super::parts::Parts;
use super::{entrance, lookout, receipts};
use crate::config::Settings;
use crate::display::fold;
use crate::domain::{Conversation, Failure, visible};
use crate::files;
use crate::http::Http;
use crate::sign_in::{self, Credentials};
use crate::terminal::{self, Editor, LineUi, Typed, signals};

/// How long leaving may wait for unsent lines, and for the last message to appear.
const LEAVE_PAUSE: Duration = Duration::from_millis(100);

/// Runs until the user leaves, or a failure ends the session.
pub(super) fn run(
    parts: &Parts,
    settings: &Settings,
    connected: Connected,
    (is_kept, goal): (bool, Option<Conversation>),
) -> Result<(), Failure> {
    parts.greet(&connected.user);
    let Some(mut editor) = Editor::open(&parts.screen, line_ui(parts, settings))? else {
        return Err(Failure::Terminal("this terminal does not support line editing".into()));
    };
    let outbox = Arc::clone(&parts.outbox);
    let screen = Arc::clone(&parts.screen);
    let draw_again = move || drop(screen.draw_again());
    signals::watch(draw_again, move || {
        let (_, unsent) = outbox.drain(Instant::now() + LEAVE_PAUSE);
        if !unsent.is_empty() {
            terminal::print_notice(&format!("linger: {}", list_unsent(&unsent)));
        }
    })?;
    let credentials = Credentials::of(settings);
    let folder = credentials.folder().filter(|_| is_kept);
    let bookmark = Arc::new(Bookmark::of(&connected.user.name, folder));
    let outcome = converse(parts, settings, connected, &mut editor, (is_kept, goal, bookmark));
    let until = Instant::now() + LEAVE_PAUSE;
    let (sent, unsent) = parts.outbox.drain(until);
    if unsent.is_empty() && outcome.is_ok() {
        // The user sees the last message arrive.
        parts.view.wait_for(sent, until);
    }
    parts.screen.end();
    let signed_out = match outcome {
        Ok(Stop::Disconnect) => parts.sign_out(settings),
        // A courtesy: it frees the token and shows the user as gone, so its outcome does not matter.
        Ok(_) | Err(Failure::Interrupted) if !is_kept => {
            parts.goodbye(until.saturating_duration_since(Instant::now())).or(Ok(()))
        }
        _ => Ok(()),
    };
    terminal::restore();
    match outcome {
        outcome if unsent.is_empty() => outcome.and(signed_out),
        Err(failure) => {
            terminal::print_notice(&format!("linger: {}", list_unsent(&unsent)));
            Err(failure)
        }
        Ok(_) => Err(Failure::Network(list_unsent(&unsent).into())),
    }
}

/// Lists the lines that are not known to be sent. Those that may have been sent are listed separately: to send them
/// again may say them twice.
fn list_unsent(unsent: &[Line]) -> String {
    let named = |may_be_stored: bool| {
        let lines = unsent.iter().filter(|line| line.may_be_stored == may_be_stored);
        lines.map(|line| format!("{}: {}", line.to, visible(&line.text))).collect::<Vec<_>>().join(", ")
    };
    let said = [("may not have been sent", named(true)), ("not sent", named(false))];
    let said = said.iter().filter(|(_, lines)| !lines.is_empty()).map(|(what, lines)| format!("{what}: {lines}"));
    said.collect::<Vec<_>>().join("; ")
}

fn line_ui(parts: &Parts, settings: &Settings) -> LineUi {
    let (conversations, outbox) = (Arc::clone(&parts.conversations), Arc::clone(&parts.outbox));
    let (view, palette) = (Arc::clone(&parts.view), parts.view.palette());
    LineUi {
        prompt: Box::new(move || {
            view.entitle();
            let current = conversations.current().to_string();
            let mut counts = String::new();
            match conversations.unread_elsewhere() {
                0 => {}
                unread => counts.push_str(&format!(" {unread}+")),
            }
            match outbox.stuck() {
                0 => {}
                stuck => counts.push_str(&format!(" {stuck} unsent")),
            }
            (format!("[{current}{counts}]> "), format!("[{current}{}]> ", palette.bold(&counts)))
        }),
        vanishes: keyboard::vanishes,
        names: Arc::new(Directory::new(Arc::clone(&parts.conversations), Arc::clone(&parts.http))),
        palette,
        history: settings.history.0.then(|| history(settings)).flatten(),
    }
}

/// Returns the file that keeps typed lines for this server. The first time, it takes over the one that was for all.
fn history(settings: &Settings) -> Option<PathBuf> {
    let history = Credentials::of(settings).folder()?.join("history");
    let for_all = files::state_folder()?.join("history");
    if !history.exists() && for_all.exists() {
        let _ = files::make_folder(history.parent()?);
        // Without it, the history begins anew.
        let _ = fs::copy(for_all, &history);
    }
    Some(history)
}

/// Runs from the choice of a room until the user leaves.
fn converse(
    parts: &Parts,
    settings: &Settings,
    connected: Connected,
    editor: &mut Editor,
    (is_kept, goal, bookmark): (bool, Option<Conversation>, Arc<Bookmark>),
) -> Result<Stop, Failure> {
    let remote = parts.remote();
    if !entrance::choose(goal, &bookmark, &connected, &remote, &parts.screen, editor)? {
        return Ok(Stop::Quit);
    }
    bookmark.keep(&parts.conversations.current());
    let cursor = entrance::show(&connected, &remote)?;

    let (failed, failures) = mpsc::channel();
    let report = {
        let (screen, view) = (Arc::clone(&parts.screen), Arc::clone(&parts.view));
        move |failure: Failure| {
            let _ = failed.send(failure);
            screen.call();
            // The line is left only when something is printed.
            let _ = view.print_notice("The session has ended.");
        }
    };
    let (signed_in, receiver) = mpsc::channel();
    let (refuse, refused) = mpsc::channel();
    let screen = Arc::clone(&parts.screen);
    let call = move |token| {
        let _ = refuse.send(token);
        screen.call();
    };
    let sign_in = SignIn { call: Box::new(call), signed_in: receiver };
    let inbox = parts.inbox(cursor, Some(sign_in));
    Arc::clone(&parts.renewal).go_on();
    receipts::send_all(Arc::clone(&parts.http), Arc::clone(&parts.conversations));
    lookout::begin(parts);
    thread::spawn({
        let report = report.clone();
        move || report(inbox.receive())
    });
    thread::spawn({
        let (report, outbox, tell) = (report.clone(), Arc::clone(&parts.outbox), teller(parts));
        move || report(outbox.send_all(tell))
    });
    let mut is_guest = connected.user.guest;
    let mut keyboard = Keyboard::new(remote, Arc::clone(&parts.renewal), Arc::clone(&parts.screen), bookmark, report);
    loop {
        let stop = keyboard.follow(editor)?;
        if stop == Stop::Password {
            is_guest = set_password(parts, settings, is_guest)?;
            continue;
        }
        let is_own = is_kept && settings.token().is_none();
        if stop == Stop::Disconnect && is_guest && is_own && !agrees_to_lose_name(editor, &connected.user.name)? {
            continue;
        }
        if stop != Stop::Called {
            return Ok(stop);
        }
        if let Ok(failure) = failures.try_recv() {
            return Err(failure);
        }
        let Ok(refused) = refused.try_recv() else { continue };
        let user = (&*connected.user.name, is_guest);
        let ask = || signals::interruptible(|| sign_in::again(settings, &parts.http, user, &refused));
        terminal::cooked(ask)??;
        let _ = signed_in.send(());
    }
}

/// Asks whether a guest signs out: no password leads back to the name.
fn agrees_to_lose_name(editor: &mut Editor, name: &str) -> Result<bool, Failure> {
    let question = sign_in::loss_of_name(name);
    Ok(matches!(editor.ask(&question)?, Typed::Line(answer) if sign_in::is_yes(&answer)))
}

/// Asks for a new password and sets it. Returns whether the user is a guest afterwards. Messages that arrive meanwhile
/// are printed later.
fn set_password(parts: &Parts, settings: &Settings, is_guest: bool) -> Result<bool, Failure> {
    let ask = || parts.renewal.call(Http::me).and_then(|me| sign_in::change_password(settings, &parts.http, &me));
    let (is_guest, said) = match parts.screen.alone(|| terminal::cooked(ask))? {
        Ok(said) => (false, said),
        Err(Failure::Interrupted | Failure::SignedOut(_)) => (is_guest, "Nothing has changed.".to_owned()),
        Err(failure) => (is_guest, failure.to_string()),
    };
    parts.screen.say(&fold(&visible(&said), parts.screen.columns()))?;
    Ok(is_guest)
}

/// Returns the function that reports what became of typed lines. Stored lines come back as messages.
fn teller(parts: &Parts) -> impl FnMut(Fate<'_>) -> Result<(), Failure> + Send + 'static {
    let (view, conversations) = (Arc::clone(&parts.view), Arc::clone(&parts.conversations));
    let (screen, remote) = (Arc::clone(&parts.screen), parts.remote());
    move |fate| match fate {
        Fate::Sent { message, was_stuck } => {
            let was_unread = conversations.answered(message);
            if !conversations.is_followed(&Conversation::of(message, conversations.me())) {
                // No poll brings it back.
                view.messages(std::slice::from_ref(message), None)?;
            }
            // The poll may have brought it back already, and drawn the old counts below it.
            if was_stuck || was_unread { screen.redraw() } else { Ok(()) }
        }
        Fate::Stuck(lines, failure) => {
            let reason = visible(&failure.why());
            let lines = lines.iter().map(|line| keyboard::unsent(&line.text));
            let lines: Vec<_> = [format!("Not sent yet ({reason}); retrying.")].into_iter().chain(lines).collect();
            view.print_notice(&lines.join("\n"))
        }
        Fate::Refused(line, failure) => {
            let failure = failure.or_missing(|| format!("There is no room or user named {}", line.to));
            let failure = remote.why_refused(failure, &line.to);
            view.print_notice(&format!("Not sent: {}", visible(&line.text)))?;
            view.print_failure(&failure)
        }
    }
}
