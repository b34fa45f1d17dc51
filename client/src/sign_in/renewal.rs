//! Renewal of tokens while they are in use. Processes that share a kept sign-in renew it one at a time, and the others
//! take over what the file says. Knows nothing of what the token is used for.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::credentials::Credentials;
use crate::domain::Failure;
use crate::http::{Backoff, Http};

/// How often a session looks at its token.
const LOOK: Duration = Duration::from_secs(1);

/// Keeps the token of one session valid.
pub(crate) struct Renewal {
    http: Arc<Http>,
    /// The user, and where the sign-in is kept.
    kept: Option<(Credentials, String)>,
    /// Whether the user gave the token: it is theirs to renew, and other programs use it.
    is_given: bool,
    /// After a failure: when to try again.
    retry: Mutex<Option<(Backoff, Instant)>>,
}

impl Renewal {
    /// Renews a sign-in that is kept for this user.
    pub(super) fn of_kept(http: Arc<Http>, credentials: Credentials, user: String) -> Self {
        Self { http, kept: Some((credentials, user)), is_given: false, retry: Mutex::default() }
    }

    /// Renews a sign-in that is kept in memory only.
    pub(super) fn of_visit(http: Arc<Http>) -> Self {
        Self { http, kept: None, is_given: false, retry: Mutex::default() }
    }

    /// Renews nothing.
    pub(super) fn of_given(http: Arc<Http>) -> Self {
        Self { http, kept: None, is_given: true, retry: Mutex::default() }
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
    pub(crate) fn take_over(&self) -> bool {
        let Some((credentials, user)) = &self.kept else { return false };
        let Ok(Some(kept)) = credentials.find(Some(user)) else { return false };
        let token = self.http.token();
        if kept.token == token {
            return false;
        }
        if kept.token.is_older_than(&token) {
            // The new one could not be written.
            let _ = credentials.write(user, kept.guest, &token);
            return false;
        }
        self.http.set_token(kept.token);
        true
    }

    fn may_try(&self) -> bool {
        self.retry.lock().expect(NO_PANIC).as_ref().is_none_or(|(_, at)| *at <= Instant::now())
    }

    fn renew(&self) -> Result<(), Failure> {
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
        renew(&self.http)?;
        credentials.write(user, kept.guest, &self.http.token())
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
