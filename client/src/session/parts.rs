//! The parts of a session, shared by its threads.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use linger_api::{Connected, User};

use super::alarm::Alarm;
use super::alerts::Alerts;
use super::conversations::Conversations;
use super::inbox::{self, Inbox, SignIn};
use super::outbox::Outbox;
use super::remote::Remote;
use super::view::{Kind, View};
use crate::config::Settings;
use crate::display::{Palette, fold};
use crate::domain::{Failure, visible};
use crate::http::{Clock, Http};
use crate::sign_in::{Credentials, Renewal, Session};
use crate::terminal::{self, Screen};

/// How long signing out waits for the server's answer.
const SIGN_OUT_PAUSE: Duration = Duration::from_millis(900);

pub(super) struct Parts {
    pub(super) http: Arc<Http>,
    pub(super) renewal: Arc<Renewal>,
    pub(super) screen: Arc<Screen>,
    pub(super) conversations: Arc<Conversations>,
    pub(super) view: Arc<View>,
    pub(super) alarm: Arc<Alarm>,
    pub(super) outbox: Arc<Outbox>,
}

impl Parts {
    pub(super) fn new(settings: &Settings, session: Session, connected: &Connected, is_typed: bool) -> Self {
        let Session { http, renewal } = session;
        let screen = Arc::new(Screen::new(is_typed));
        let conversations = Arc::new(Conversations::new(connected));
        let kind = match (is_typed, settings.json) {
            (true, _) => Kind::Typist,
            (false, false) => Kind::Pipe,
            (false, true) => Kind::Json,
        };
        let palette = Palette::new(settings.color.is_wanted(is_typed));
        let alerts = Alerts::new(settings, is_typed);
        let view = View::new(Arc::clone(&screen), Arc::clone(&conversations), palette, kind, alerts);
        let alarm = Arc::<Alarm>::default();
        let outbox = Arc::new(Outbox::new(Arc::clone(&http), Arc::clone(&alarm)));
        Self { http, renewal, screen, conversations, view: Arc::new(view), alarm, outbox }
    }

    /// Says who the user is, once it is known that the session begins.
    pub(super) fn greet(&self, user: &User) {
        let kind = if user.guest { ", a guest" } else { "" };
        let welcome = format!("You are {}{kind}. /help lists the commands.", visible(&user.name));
        terminal::print_notice(&fold(&welcome, self.screen.columns()));
    }

    pub(super) fn remote(&self) -> Remote {
        Remote {
            http: Arc::clone(&self.http),
            view: Arc::clone(&self.view),
            conversations: Arc::clone(&self.conversations),
            outbox: Arc::clone(&self.outbox),
        }
    }

    pub(super) fn inbox(&self, cursor: String, sign_in: Option<SignIn>) -> Inbox {
        Inbox {
            http: Arc::clone(&self.http),
            renewal: Arc::clone(&self.renewal),
            view: Arc::clone(&self.view),
            conversations: Arc::clone(&self.conversations),
            outbox: Arc::clone(&self.outbox),
            alarm: Arc::clone(&self.alarm),
            clock: Clock::start(),
            patience: inbox::PATIENCE,
            cursor,
            sign_in,
        }
    }

    /// Signs out, and forgets the sign-in once the server has confirmed that.
    pub(super) fn sign_out(&self, settings: &Settings) -> Result<(), Failure> {
        let token = self.http.token();
        self.goodbye(SIGN_OUT_PAUSE)?;
        Credentials::of(settings).forget(self.conversations.me(), &token)
    }

    /// Signs the session out, and waits no longer than `pause` for the answer.
    pub(super) fn goodbye(&self, pause: Duration) -> Result<(), Failure> {
        let (done, wait) = mpsc::channel();
        let http = Arc::clone(&self.http);
        thread::spawn(move || done.send(http.disconnect()));
        match wait.recv_timeout(pause) {
            Ok(Err(failure)) if failure.is_unauthorized() => Ok(()),
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::Network(
                "the server did not confirm in time that you are signed out; `linger logout` tries again".into(),
            )),
        }
    }
}
