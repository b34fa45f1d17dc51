//! `linger` on a terminal: tests press keys, and look at the screen as a whole.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};
use tempfile::TempDir;

use super::{DEADLINE, Server};

/// How many lines above the screen are kept.
const SCROLLBACK: usize = 60_000;

/// How long a key that may have to be pressed again is given: far longer than linger waits for an answer.
const AGAIN: Duration = Duration::from_secs(3);

const BEGIN_DRAWING: &[u8] = b"\x1b[?2026h";
const END_DRAWING: &[u8] = b"\x1b[?2026l";

/// A terminal that runs `linger`, which is killed on drop.
pub(crate) struct Pty {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    shown: Arc<Shown>,
    _home: Option<TempDir>,
}

#[derive(Default)]
struct Shown {
    state: Mutex<Option<State>>,
    changed: Condvar,
}

struct State {
    terminal: vt100::Parser,
    /// All output so far, with escapes.
    written: Vec<u8>,
    /// Whether the screen is being redrawn, and must not be looked at until that is done (mode 2026).
    is_drawing: bool,
    is_closed: bool,
}

/// What is visible at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sight {
    /// The rows, without trailing empty ones.
    pub(crate) rows: Vec<String>,
    /// The row and column of the cursor.
    pub(crate) cursor: (u16, u16),
}

impl Sight {
    /// Returns whether the row of the cursor is this.
    fn is_at(&self, row: &str) -> bool {
        self.rows.get(usize::from(self.cursor.0)).is_some_and(|seen| seen.trim_end() == row.trim_end())
    }
}

impl Pty {
    /// Starts `linger` on a screen of this size, with these variables.
    pub(crate) fn start_on(columns: u16, rows: u16, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut pty = Self::start_in(home.path(), columns, rows, arguments, variables);
        pty._home = Some(home);
        pty
    }

    /// Starts `linger` with this home folder.
    pub(crate) fn start_in(
        home: &Path,
        columns: u16,
        rows: u16,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_linger"));
        command.args(arguments);
        Self::run(home, columns, rows, command, variables)
    }

    /// Starts an interactive shell, which knows `linger` by `$LINGER`.
    pub(crate) fn shell(home: &Path, shell: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(shell);
        command.args(if shell.ends_with("bash") { &["--norc", "-i"][..] } else { &["-i"] });
        let variables = [variables, &[("LINGER", env!("CARGO_BIN_EXE_linger")), ("PS1", "shell$ ")]].concat();
        Self::run(home, 80, 24, command, &variables)
    }

    fn run(home: &Path, columns: u16, rows: u16, mut command: CommandBuilder, variables: &[(&str, &str)]) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        command.cwd(home);
        command.env_clear();
        for (name, value) in [("HOME", home.to_str().unwrap()), ("TERM", "xterm-256color"), ("TZ", "UTC")] {
            command.env(name, value);
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let shown = Arc::<Shown>::default();
        let terminal = vt100::Parser::new(number(rows), number(columns), SCROLLBACK);
        *shown.state.lock().unwrap() =
            Some(State { terminal, written: Vec::new(), is_drawing: false, is_closed: false });
        let mut output = pair.master.try_clone_reader().unwrap();
        thread::spawn({
            let shown = Arc::clone(&shown);
            move || {
                let mut bytes = [0; 4096];
                loop {
                    let count = output.read(&mut bytes).unwrap_or(0);
                    shown.change(|state| state.take(&bytes[..count]));
                    if count == 0 {
                        break;
                    }
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { child, master: pair.master, keys, shown, _home: None }
    }

    /// Starts a guest in general, and waits for the prompt.
    pub(crate) fn guest(server: &Server, name: &str) -> Self {
        Self::guest_on(80, 24, server, name)
    }

    /// Starts a guest on a screen of this size.
    pub(crate) fn guest_on(columns: u16, rows: u16, server: &Server, name: &str) -> Self {
        let arguments = ["--server", &server.url(), "--guest", "--user", name, "general"];
        let mut pty = Self::start_on(columns, rows, &arguments, &[("NO_COLOR", "1")]);
        pty.prompts("[#general]>");
        pty
    }

    pub(crate) fn types(&mut self, keys: &str) {
        self.types_bytes(keys.as_bytes());
    }

    pub(crate) fn types_bytes(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
        self.keys.flush().unwrap();
    }

    /// Types a line and presses Enter.
    pub(crate) fn enters(&mut self, line: &str) {
        self.types(&format!("{line}\r"));
    }

    /// Returns what is visible now.
    pub(crate) fn sight(&self) -> Sight {
        self.shown.look(|state| sight(state))
    }

    /// Waits until the screen satisfies a condition.
    pub(crate) fn waits(&self, what: &str, is_so: impl Fn(&Sight) -> bool) -> Sight {
        let give_up_at = Instant::now() + DEADLINE;
        let mut guard = self.shown.state.lock().unwrap();
        loop {
            let seen = sight(guard.as_ref().unwrap());
            if !guard.as_ref().unwrap().is_drawing && is_so(&seen) {
                return seen;
            }
            let left = give_up_at.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no {what:?} on\n{}\n{:?}", seen.rows.join("\n"), seen.cursor);
            guard = self.shown.changed.wait_timeout(guard, left).unwrap().0;
        }
    }

    /// Waits until a row contains this.
    pub(crate) fn shows(&mut self, part: &str) -> Sight {
        self.waits(part, |seen| seen.rows.iter().any(|row| row.contains(part)))
    }

    /// Waits until the row of the cursor is this.
    pub(crate) fn prompts(&mut self, row: &str) -> Sight {
        self.waits(row, |seen| seen.is_at(row))
    }

    /// Presses a key until the row of the cursor is this: on a busy machine, the server may answer too late for one.
    pub(crate) fn presses_until(&mut self, key: &str, row: &str) {
        let give_up_at = Instant::now() + DEADLINE;
        while !self.sight().is_at(row) {
            assert!(Instant::now() < give_up_at, "no {row:?} on\n{}", self.sight().rows.join("\n"));
            self.types(key);
            let again_at = Instant::now() + AGAIN;
            while Instant::now() < again_at && !self.sight().is_at(row) {
                self.waits_for_a_change();
            }
        }
    }

    /// Returns the whole screen, with the lines that have scrolled off it.
    pub(crate) fn transcript(&self) -> Vec<String> {
        self.shown.look(|state| {
            let screen = state.terminal.screen_mut();
            let mut lines = Vec::new();
            screen.set_scrollback(usize::MAX);
            let mut above = screen.scrollback();
            let (height, width) = screen.size();
            while above > 0 {
                screen.set_scrollback(above);
                lines.extend(screen.rows(0, width.get()).take(above.min(usize::from(height.get()))));
                above = above.saturating_sub(usize::from(height.get()));
            }
            screen.set_scrollback(0);
            lines.extend(screen.rows(0, width.get()));
            lines
        })
    }

    /// Waits until the transcript satisfies a condition, and returns it.
    pub(crate) fn waits_for_transcript(&self, what: &str, is_so: impl Fn(&[String]) -> bool) -> Vec<String> {
        let give_up_at = Instant::now() + DEADLINE;
        loop {
            let transcript = self.transcript();
            if !self.is_drawing() && is_so(&transcript) {
                return transcript;
            }
            assert!(Instant::now() < give_up_at, "no {what:?} in\n{}", transcript.join("\n"));
            self.waits_for_a_change();
        }
    }

    /// Returns whether the screen is being redrawn.
    pub(crate) fn is_drawing(&self) -> bool {
        self.shown.look(|state| state.is_drawing)
    }

    /// Waits until something is written, or a short while.
    pub(crate) fn waits_for_a_change(&self) {
        let guard = self.shown.state.lock().unwrap();
        drop(self.shown.changed.wait_timeout(guard, Duration::from_millis(100)).unwrap());
    }

    /// Returns all output so far, with escapes.
    pub(crate) fn written(&self) -> String {
        self.shown.look(|state| String::from_utf8_lossy(&state.written).into_owned())
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.shown.change(|state| state.terminal.screen_mut().set_size(number(rows), number(columns)));
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Returns the process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Sends the process a signal.
    pub(crate) fn signals(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.id().try_into().unwrap()).unwrap(), signal).unwrap();
    }

    /// Returns whether the terminal is in its normal mode: line by line, echoed, with signals.
    pub(crate) fn is_cooked(&self) -> bool {
        let name = self.master.tty_name().unwrap();
        // Opening it must not make it this process's controlling terminal.
        const O_NOCTTY: i32 = 0o400;
        let terminal = std::fs::OpenOptions::new().read(true).custom_flags(O_NOCTTY).open(name).unwrap();
        let modes = tcgetattr(terminal).unwrap();
        modes.local_modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// Waits until `linger` ends. Returns its exit status (128 or more for a signal) and the final screen.
    pub(crate) fn ends(&mut self) -> (u32, Sight) {
        let give_up_at = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let mut guard = self.shown.state.lock().unwrap();
                while !guard.as_ref().unwrap().is_closed {
                    guard = self.shown.changed.wait(guard).unwrap();
                }
                // As a shell reports it.
                let code = match status.signal() {
                    Some("Interrupt") => 130,
                    Some(_) => 128,
                    None => status.exit_code(),
                };
                return (code, sight(guard.as_ref().unwrap()));
            }
            assert!(Instant::now() < give_up_at, "linger ends in time; it shows\n{}", self.sight().rows.join("\n"));
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl State {
    fn take(&mut self, bytes: &[u8]) {
        self.terminal.process(bytes);
        let before = self.written.len().saturating_sub(BEGIN_DRAWING.len());
        self.written.extend_from_slice(bytes);
        self.is_closed = bytes.is_empty();
        for at in before..=self.written.len().saturating_sub(BEGIN_DRAWING.len()) {
            match &self.written[at..] {
                rest if rest.starts_with(BEGIN_DRAWING) => self.is_drawing = true,
                rest if rest.starts_with(END_DRAWING) => self.is_drawing = false,
                _ => {}
            }
        }
    }
}

impl Shown {
    fn change(&self, change: impl FnOnce(&mut State)) {
        // A failed test has poisoned the lock.
        if let Ok(mut state) = self.state.lock() {
            change(state.as_mut().unwrap());
            self.changed.notify_all();
        }
    }

    fn look<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(self.state.lock().unwrap().as_mut().unwrap())
    }
}

fn sight(state: &State) -> Sight {
    let screen = state.terminal.screen();
    let rows = screen.rows(0, screen.size().1.get());
    let mut rows: Vec<_> = rows.map(|row| row.trim_end().to_owned()).collect();
    while rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    Sight { rows, cursor: screen.cursor_position() }
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn number(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}
