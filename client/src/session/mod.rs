//! One run of the client: connect, then listen to the server and to the keyboard until either is done.

mod alarm;
mod conversations;
mod entrance;
mod inbox;
mod keyboard;
mod outbox;
mod piped;
mod remote;
mod signals;
mod view;

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use linger_api::Connected;

use self::alarm::Alarm;
use self::conversations::Conversations;
use self::inbox::{Inbox, SignIn};
use self::keyboard::{Keyboard, Stop};
use self::outbox::{Fate, Outbox};
use self::remote::Remote;
use self::view::{Kind, View};
use crate::config::Settings;
use crate::display::{Palette, fold};
use crate::domain::{Conversation, Failure, visible};
use crate::files;
use crate::http::Http;
use crate::sign_in::{self, Credentials, SignedIn};
use crate::terminal::{self, Editor, LineUi, Screen};

/// How long leaving may take when there is something left to send, or to see.
const LEAVE_PAUSE: Duration = Duration::from_millis(100);
/// How long one who signs out waits to hear that it is done.
const SIGN_OUT_PAUSE: Duration = Duration::from_millis(900);

/// Everything that a session is made of.
struct Session {
    http: Arc<Http>,
    screen: Arc<Screen>,
    conversations: Arc<Conversations>,
    view: Arc<View>,
    alarm: Arc<Alarm>,
    outbox: Arc<Outbox>,
}

/// Runs until the user quits.
///
/// # Errors
/// What ended it before that.
pub fn run(settings: &Settings) -> Result<(), Failure> {
    let SignedIn { http, connected, is_kept } = sign_in::for_session(settings)?;
    let is_typed = terminal::is_drawn_on() && !settings.json;
    let session = Session::new(settings, http, &connected, is_typed);
    let kind = if connected.user.guest { ", a guest" } else { "" };
    let welcome = format!("You are {}{kind}. /help lists the commands.", visible(&connected.user.name));
    terminal::print_notice(&fold(&welcome, session.screen.columns()));
    match is_typed {
        true => session.run_typed(settings, connected, is_kept),
        false => session.run_piped(settings, connected, is_kept),
    }
}

impl Session {
    fn new(settings: &Settings, http: Http, connected: &Connected, is_typed: bool) -> Self {
        let http = Arc::new(http);
        let screen = Arc::new(Screen::new(is_typed));
        let conversations = Arc::new(Conversations::new(connected, Conversation::general()));
        let kind = match (is_typed, settings.json) {
            (true, _) => Kind::Typist,
            (false, false) => Kind::Pipe,
            (false, true) => Kind::Json,
        };
        let palette = Palette::new(settings.color.is_wanted(is_typed));
        let view = View::new(Arc::clone(&screen), Arc::clone(&conversations), palette, kind);
        let alarm = Arc::<Alarm>::default();
        let outbox = Arc::new(Outbox::new(Arc::clone(&http), Arc::clone(&alarm)));
        Self { http, screen, conversations, view: Arc::new(view), alarm, outbox }
    }

    fn remote(&self) -> Remote {
        Remote {
            http: Arc::clone(&self.http),
            view: Arc::clone(&self.view),
            conversations: Arc::clone(&self.conversations),
            outbox: Arc::clone(&self.outbox),
        }
    }

    fn inbox(&self, cursor: String, sign_in: Option<SignIn>) -> Inbox {
        Inbox {
            http: Arc::clone(&self.http),
            view: Arc::clone(&self.view),
            conversations: Arc::clone(&self.conversations),
            outbox: Arc::clone(&self.outbox),
            alarm: Arc::clone(&self.alarm),
            cursor,
            sign_in,
        }
    }

    fn run_piped(&self, settings: &Settings, connected: Connected, is_kept: bool) -> Result<(), Failure> {
        let remote = self.remote();
        if let Some(room) = &settings.room {
            remote.go(Conversation::Room(room.trim_start_matches('#').to_lowercase()))?;
        }
        self.view.messages(&connected.messages, None)?;
        // Neither thread can be called off: one waits for a line, the other for the server. The first to be done
        // ends the process, and the process ends the other.
        let (done, ended) = mpsc::channel();
        let receiving = done.clone();
        let inbox = self.inbox(connected.cursor, None);
        thread::spawn(move || receiving.send(Err(inbox.receive())));
        thread::spawn(move || done.send(piped::follow(&remote)));
        let outcome = ended.recv().unwrap_or_else(|_| Err(Failure::Terminal("both threads failed".into())));
        match outcome? {
            Stop::Disconnect => self.sign_out(settings),
            _ if is_kept => Ok(()),
            _ => {
                // A courtesy: it frees the token and shows the user as gone, but nobody needs to wait for it.
                let _ = self.http.disconnect();
                Ok(())
            }
        }
    }

    fn run_typed(&self, settings: &Settings, connected: Connected, is_kept: bool) -> Result<(), Failure> {
        let Some(mut editor) = terminal::open(&self.screen, self.line_ui())? else {
            return Err(Failure::Terminal("this terminal cannot be drawn on".into()));
        };
        signals::watch()?;
        let outcome = self.converse(settings, connected, &mut editor);
        let until = Instant::now() + LEAVE_PAUSE;
        let (sent, unsent) = self.outbox.drain(until);
        if unsent.is_empty() && outcome.is_ok() {
            // What was said last is to be seen.
            self.view.wait_for(sent, until);
        }
        self.screen.end();
        let signed_out = match outcome {
            Ok(Stop::Disconnect) => self.sign_out(settings),
            // A courtesy, as above.
            Ok(_) if !is_kept => self.goodbye(until.saturating_duration_since(Instant::now())).or(Ok(())),
            _ => Ok(()),
        };
        terminal::restore();
        if !unsent.is_empty() {
            let lines: Vec<_> = unsent.iter().map(|line| format!("{}: {}", line.to, visible(&line.text))).collect();
            return Err(Failure::Network(format!("not sent: {}", lines.join(", "))));
        }
        outcome.and(signed_out)
    }

    fn line_ui(&self) -> LineUi {
        let (conversations, outbox, palette) =
            (Arc::clone(&self.conversations), Arc::clone(&self.outbox), self.view.palette());
        LineUi {
            prompt: Box::new(move || {
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
            names: Arc::<Conversations>::clone(&self.conversations),
            palette: self.view.palette(),
            history: files::state_folder().map(|folder| folder.join("history")),
        }
    }

    /// From the choice of a room until the user leaves.
    fn converse(&self, settings: &Settings, connected: Connected, editor: &mut Editor) -> Result<Stop, Failure> {
        let remote = self.remote();
        if !entrance::choose(settings, &connected, &remote, &self.screen, editor)? {
            return Ok(Stop::Quit);
        }
        entrance::show(&connected, &remote)?;

        let (failed, failures) = mpsc::channel();
        let report = {
            let (failed, screen, view) = (failed, Arc::clone(&self.screen), Arc::clone(&self.view));
            move |failure: Failure| {
                let _ = failed.send(failure);
                screen.call();
                // Nobody looks up before something is printed.
                let _ = view.print_notice("The session ends.");
            }
        };
        let (signed_in, hear) = mpsc::channel();
        let screen = Arc::clone(&self.screen);
        let sign_in = SignIn { call: Box::new(move || screen.call()), signed_in: hear };
        let inbox = self.inbox(connected.cursor, Some(sign_in));
        thread::spawn({
            let report = report.clone();
            move || report(inbox.receive())
        });
        thread::spawn({
            let (report, outbox, tell) = (report.clone(), Arc::clone(&self.outbox), self.teller());
            move || report(outbox.send_all(tell))
        });
        let mut keyboard = Keyboard::new(remote, Arc::clone(&self.screen), report);
        loop {
            let pause = keyboard.follow(editor)?;
            if pause != Stop::Called {
                return Ok(pause);
            }
            if let Ok(failure) = failures.try_recv() {
                return Err(failure);
            }
            let user = &connected.user;
            let ask = || signals::interruptible(|| sign_in::again(settings, &self.http, &user.name, user.guest));
            let _ = signed_in.send(terminal::cooked(ask)??);
        }
    }

    /// What the typist hears of lines that were typed. Those that arrive come back as messages.
    fn teller(&self) -> impl FnMut(Fate<'_>) -> Result<(), Failure> + Send + 'static {
        let (view, conversations) = (Arc::clone(&self.view), Arc::clone(&self.conversations));
        let screen = Arc::clone(&self.screen);
        move |fate| match fate {
            Fate::Sent { message, was_stuck } => {
                if !conversations.is_followed(&Conversation::of(message, conversations.me())) {
                    // No poll brings it back.
                    view.messages(std::slice::from_ref(message), None)?;
                }
                if was_stuck { screen.redraw() } else { Ok(()) }
            }
            Fate::Stuck(lines, failure) => {
                let reason = visible(&failure.to_string());
                let lines = lines.iter().map(|line| keyboard::unsent(&line.text));
                let lines: Vec<_> =
                    [format!("Not sent yet ({reason}); trying again.")].into_iter().chain(lines).collect();
                view.print_notice(&lines.join("\n"))
            }
            Fate::Refused(line, failure) => {
                let failure = failure.or_missing(|| format!("There is no such room or user: {}", line.to));
                view.print_notice(&format!("Not sent: {}", visible(&line.text)))?;
                view.print_failure(&failure)
            }
        }
    }

    fn sign_out(&self, settings: &Settings) -> Result<(), Failure> {
        Credentials::of(settings).forget(self.conversations.me())?;
        self.goodbye(SIGN_OUT_PAUSE)
    }

    /// Signs the session out, without waiting for long.
    fn goodbye(&self, pause: Duration) -> Result<(), Failure> {
        let (done, wait) = mpsc::channel();
        let http = Arc::clone(&self.http);
        thread::spawn(move || done.send(http.disconnect()));
        match wait.recv_timeout(pause) {
            Ok(Err(failure)) if failure.is_unauthorized() => Ok(()),
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::Network("the server did not say in time that you are signed out".into())),
        }
    }
}
