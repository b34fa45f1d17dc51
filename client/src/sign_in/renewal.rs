//! Renewal of tokens while they are in use. Processes that share a kept sign-in renew it one at a time, and the others
//! take over what the file says. Knows nothing of what the token is used for.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use linger_api::Connected;

use super::credentials::Credentials;
use crate::domain::Failure;
use crate::http::{Backoff, Http, Token};

/// How often a session looks at its token.
const LOOK: Duration = Duration::from_secs(1);
/// How long a token that was recovered is surely valid. If it is refused sooner, the server has no use for it.
const RECOVERY: Duration = Duration::from_secs(10);

/// Keeps the token of one session valid.
pub(crate) struct Renewal {
    http: Arc<Http>,
    /// The user, and where the sign-in is kept.
    kept: Option<(Credentials, String)>,
    /// Whether the user gave the token: it is theirs to renew, and other programs use it.
    is_given: bool,
    /// After a failure: when to try again.
    retry: Mutex<Option<(Backoff, Instant)>>,
    /// The kept token that this process has replaced, until the new one is written.
    replaced: Mutex<Option<Token>>,
    /// Held while the token is renewed. The time is that of the latest recovery.
    turn: Mutex<Option<Instant>>,
}

impl Renewal {
    fn new(http: Arc<Http>, kept: Option<(Credentials, String)>, is_given: bool) -> Self {
        Self { http, kept, is_given, retry: Mutex::default(), replaced: Mutex::default(), turn: Mutex::default() }
    }

    /// Renews a sign-in that is kept for this user.
    pub(super) fn of_kept(http: Arc<Http>, credentials: Credentials, user: String) -> Self {
        Self::new(http, Some((credentials, user)), false)
    }

    /// Renews a sign-in that is kept in memory only.
    pub(super) fn of_visit(http: Arc<Http>) -> Self {
        Self::new(http, None, false)
    }

    /// Renews nothing.
    pub(super) fn of_given(http: Arc<Http>) -> Self {
        Self::new(http, None, true)
    }

    /// Returns whether the user gave the token.
    pub(super) fn is_given(&self) -> bool {
        self.is_given
    }

    /// Keeps the token valid for as long as the process lives.
    pub(crate) fn go_on(self: Arc<Self>) {
        thread::spawn(move || {
            loop {
                self.look();
                thread::sleep(LOOK);
            }
        });
    }

    /// Takes over a newer token that another process has kept, and renews the token if half of its life has passed. A
    /// failure is not reported: there is much time left, and a session that has ended is noticed by its next call.
    pub(crate) fn look(&self) {
        if self.is_given || self.take_over() || !self.http.token().is_due(SystemTime::now()) || !self.may_try() {
            return;
        }
        let outcome = self.renew();
        let mut retry = self.retry.lock().expect(NO_PANIC);
        match outcome {
            Ok(()) => *retry = None,
            Err(failure) => {
                let mut backoff = retry.take().map_or_else(Backoff::new, |(backoff, _)| backoff);
                let pause = backoff.next_pause(failure.retry_after());
                *retry = Some((backoff, Instant::now() + pause));
            }
        }
    }

    /// Takes over the kept token if it is another one. Returns whether it was.
    ///
    /// The file counts, whatever the clock says, because another process may have signed in anew. The one exception is
    /// the token that this process has replaced itself, and could not overwrite.
    fn take_over(&self) -> bool {
        let Some((credentials, user)) = &self.kept else { return false };
        let mut replaced = self.replaced.lock().expect(NO_PANIC);
        let Ok(Some(kept)) = credentials.find(Some(user)) else { return false };
        let token = self.http.token();
        if kept.token == token {
            return false;
        }
        if replaced.as_ref() == Some(&kept.token) {
            let lock = credentials.try_lock(user);
            if lock.is_some() && credentials.write(user, kept.guest, &token).is_ok() {
                *replaced = None;
            }
            return false;
        }
        *replaced = None;
        self.http.set_token(kept.token);
        true
    }

    /// Makes a call, and makes it once more if the server does not accept the token and there is another one.
    pub(crate) fn call<T>(&self, call: impl Fn(&Http) -> Result<T, Failure>) -> Result<T, Failure> {
        let token = self.http.token();
        match call(&self.http) {
            Err(failure) if failure.is_unauthorized() && self.recovers(&token)? => call(&self.http),
            outcome => outcome,
        }
    }

    /// Looks for another token after the server has refused this one. Returns whether the session goes on with it.
    ///
    /// Another process may have kept one. Otherwise the answer to a renewal may have been lost: the server renews the
    /// token before the newest one for as long as the newest was never used.
    ///
    /// # Errors
    ///
    /// A transient failure, after which it is not known whether the session has ended.
    pub(crate) fn recovers(&self, refused: &Token) -> Result<bool, Failure> {
        let is_replaced = || self.take_over() || self.http.token() != *refused;
        if is_replaced() {
            return Ok(true);
        }
        if self.is_given {
            return Ok(false);
        }
        let mut recovered_at = self.turn.lock().expect(NO_PANIC);
        let lock = match &self.kept {
            Some((credentials, user)) => credentials.lock(user)?,
            None => None,
        };
        if is_replaced() {
            return Ok(true);
        }
        // Without a file, the user has signed out.
        let has_signed_out =
            self.kept.as_ref().is_some_and(|(credentials, user)| matches!(credentials.find(Some(user)), Ok(None)));
        if has_signed_out || recovered_at.is_some_and(|at| at.elapsed() < RECOVERY) {
            return Ok(false);
        }
        match self.replacing(|| self.http.renew()) {
            Ok(()) => {
                *recovered_at = Some(Instant::now());
                self.write();
                drop(lock);
                Ok(true)
            }
            Err(failure) if failure.is_transient() => Err(failure),
            Err(_) => {
                *self.replaced.lock().expect(NO_PANIC) = None;
                Ok(false)
            }
        }
    }

    /// Connects the same user again, for a new session and a valid cursor.
    pub(crate) fn connect_again(&self) -> Result<Connected, Failure> {
        let connected = self.replacing(|| self.http.connect_again())?;
        // Writes it.
        self.take_over();
        Ok(connected)
    }

    /// Makes a call that replaces the token, and remembers which one it replaces.
    fn replacing<T>(&self, call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        let before = {
            let mut replaced = self.replaced.lock().expect(NO_PANIC);
            let before = replaced.clone();
            replaced.get_or_insert_with(|| self.http.token());
            before
        };
        let outcome = call();
        if outcome.is_err() {
            *self.replaced.lock().expect(NO_PANIC) = before;
        }
        outcome
    }

    /// Writes the token if it can be written. If not, [`Self::take_over`] tries again.
    fn write(&self) {
        let Some((credentials, user)) = &self.kept else { return };
        let mut replaced = self.replaced.lock().expect(NO_PANIC);
        if let Ok(Some(kept)) = credentials.find(Some(user))
            && replaced.as_ref() == Some(&kept.token)
            && credentials.write(user, kept.guest, &self.http.token()).is_ok()
        {
            *replaced = None;
        }
    }

    fn may_try(&self) -> bool {
        self.retry.lock().expect(NO_PANIC).as_ref().is_none_or(|(_, at)| *at <= Instant::now())
    }

    fn renew(&self) -> Result<(), Failure> {
        let _turn = self.turn.lock().expect(NO_PANIC);
        let Some((credentials, user)) = &self.kept else { return renew(&self.http) };
        // Another process is renewing it, or its folder cannot be written: then a new token would be lost.
        let busy = || Failure::Terminal("the sign-in cannot be changed now".to_owned());
        let _lock = credentials.try_lock(user).ok_or_else(busy)?;
        // Without a file, the user has signed out meanwhile.
        let kept = credentials.find(Some(user))?.ok_or_else(busy)?;
        if kept.token != self.http.token() {
            // Another process was quicker.
            return Ok(());
        }
        // Proves that there is room for it.
        credentials.write(user, kept.guest, &kept.token)?;
        self.replacing(|| renew(&self.http))?;
        self.write();
        Ok(())
    }
}

/// Renews the token. A server before 0.2 has no call for that: there a new session takes the place of the old one,
/// which ends with its token.
fn renew(http: &Http) -> Result<(), Failure> {
    match http.renew() {
        Err(failure) if failure.is_not_found() => http.connect_again().map(drop),
        outcome => outcome,
    }
}

const NO_PANIC: &str = "nothing that holds the lock panics";
