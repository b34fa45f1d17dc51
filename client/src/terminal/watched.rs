//! Whether somebody can look at the screen. Knows nothing of what it shows.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use rustix::process::getpgrp;
use rustix::termios::tcgetpgrp;

/// The permission that tmux and GNU screen give to their socket while a terminal is attached.
const ATTACHED: u32 = 0o100;

/// Returns whether the screen can be seen, as far as this can be known: the process is in the foreground, and tmux or
/// screen, if it runs in one, is attached to a terminal.
pub(crate) fn is_watched() -> bool {
    is_in_foreground() && !is_detached()
}

/// Returns whether the terminal is this process's, and not the shell's.
pub(crate) fn is_in_foreground() -> bool {
    tcgetpgrp(io::stdin()).is_ok_and(|foreground| foreground == getpgrp())
}

fn is_detached() -> bool {
    let socket = tmux_socket().or_else(screen_socket);
    let mode = socket.and_then(|socket| fs::metadata(socket).ok()).map(|found| found.permissions().mode());
    mode.is_some_and(|mode| mode & ATTACHED == 0)
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
