//! Whether somebody looks at the screen. Knows nothing of what it shows.

use std::env;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::getpgrp;
use rustix::termios::tcgetpgrp;

use super::focus;
use super::relay::with_terminal;

/// The permission that tmux and GNU screen give to their socket while a terminal is attached.
const ATTACHED: u32 = 0o100;
/// What tmux is asked about each pane, in each session that shows it.
const PANE: &str = "#{pane_id} #{session_attached} #{window_active} #{pane_active} #{window_zoomed_flag}";
/// How long tmux may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Returns whether the screen is seen, as far as this can be known: the process is in the foreground, and the terminal
/// has the focus. If it runs in tmux, a terminal shows its pane; if it runs in screen, a terminal is attached.
pub(crate) fn is_watched() -> bool {
    focus::is_here() && is_in_foreground() && !is_detached()
}

/// Returns whether the terminal is this process's, and not the shell's.
pub(super) fn is_in_foreground() -> bool {
    with_terminal(|terminal| tcgetpgrp(terminal)).is_ok_and(|foreground| foreground == getpgrp())
}

fn is_detached() -> bool {
    let socket = tmux_socket().or_else(screen_socket);
    let mode = socket.and_then(|socket| fs::metadata(socket).ok()).map(|found| found.permissions().mode());
    mode.is_some_and(|mode| mode & ATTACHED == 0) || is_shown_by_tmux() == Some(false)
}

/// Asks tmux whether a terminal shows this pane. Its socket only tells whether a terminal shows any. Returns `None` if
/// tmux does not answer.
fn is_shown_by_tmux() -> Option<bool> {
    tmux_socket()?;
    let pane = env::var("TMUX_PANE").ok()?;
    let mut tmux = Command::new("tmux");
    tmux.args(["list-panes", "-a", "-F", PANE]).stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::piped());
    let mut tmux = tmux.spawn().ok()?;
    let mut output = tmux.stdout.take()?;
    let (send, listed) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let _ = output.read_to_string(&mut text);
        send.send(text)
    });
    let listed = listed.recv_timeout(PATIENCE);
    // It has ended, unless it hangs.
    let _ = tmux.kill();
    let _ = tmux.wait();
    is_listed_as_shown(&listed.ok()?, &pane)
}

/// Returns whether a list of panes says that one is on a terminal: its session is attached, its window is the current
/// one, and no other pane covers it. A window may be in several sessions. Returns `None` if the pane is not listed.
fn is_listed_as_shown(listed: &str, pane: &str) -> Option<bool> {
    let lines = listed.lines().filter_map(|line| line.strip_prefix(pane)?.strip_prefix(' '));
    lines
        .map(|line| {
            let flags: Vec<_> = line.split(' ').collect();
            matches!(*flags, [attached, "1", active, zoomed] if attached != "0" && (active == "1" || zoomed == "0"))
        })
        .reduce(|one, other| one || other)
}

/// `$TMUX` is the socket, a process id and a session, with commas between them.
fn tmux_socket() -> Option<PathBuf> {
    let tmux = env::var("TMUX").ok()?;
    tmux.split(',').next().filter(|socket| !socket.is_empty()).map(PathBuf::from)
}

/// `$STY` is the name of a socket in the user's own folder.
fn screen_socket() -> Option<PathBuf> {
    let session = env::var("STY").ok().filter(|session| !session.is_empty() && !session.contains('/'))?;
    let folder = match env::var_os("SCREENDIR") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(format!("/run/screen/S-{}", env::var("USER").ok()?)),
    };
    Some(folder.join(session))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pane_is_shown_in_the_current_window_of_an_attached_session() {
        for (listed, is_shown) in [
            ("%1 1 1 1 0", Some(true)),
            ("%1 2 1 0 0", Some(true)),
            ("%1 0 1 1 0", Some(false)),
            ("%1 1 0 1 0", Some(false)),
            ("%1 1 1 0 1", Some(false)),
            ("%1 1 1 1 1", Some(true)),
            ("%1 0 1 1 0\n%1 1 1 1 0", Some(true)),
            ("%11 0 1 1 0\n%2 1 1 1 0", None),
            ("", None),
        ] {
            assert_eq!(is_listed_as_shown(listed, "%1"), is_shown, "{listed}");
        }
    }
}
