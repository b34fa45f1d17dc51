//! Signals and panics: restores the terminal before the process ends or stops. Knows no session.

use std::process;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{panic, thread};

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::iterator::exfiltrator::origin::Origin;
use signal_hook::iterator::{Signals, SignalsInfo};
use signal_hook::low_level::emulate_default_handler;

use super::{broken, hidden, mode, watched};
use crate::domain::Failure;

/// How long a shell may take to set its mode after it has continued the process.
const SETTLING: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_millis(20);

/// Whether Ctrl-C ends the process: no line is being read that it could clear.
static ENDS: AtomicBool = AtomicBool::new(false);
/// Whether a session restores the terminal.
static IS_WATCHED: AtomicBool = AtomicBool::new(false);
/// Whether Ctrl-C was pressed during a wait.
static IS_CALLED_OFF: AtomicBool = AtomicBool::new(false);

/// Makes sure that the terminal is restored whatever ends the process. Before a signal does, `leave` is called.
/// After a stop, `draw_again` draws the line.
///
/// While a line is read, SIGINT is rustyline's alone: it replaces the handler, and the editor reports the interruption.
pub(crate) fn watch(draw_again: impl Fn() + Send + 'static, leave: impl Fn() + Send + 'static) -> Result<(), Failure> {
    // rustyline is made to leave a line by SIGINT; one that arrives too late must do no harm.
    let signals = SignalsInfo::<WithOrigin>::new([SIGINT, SIGHUP, SIGTERM, SIGQUIT, SIGTSTP, SIGCONT]);
    let mut signals = signals.map_err(broken)?;
    IS_WATCHED.store(true, Ordering::SeqCst);
    thread::spawn(move || {
        for origin in &mut signals {
            if origin.signal == SIGINT && !is_foreign(&origin) && !ENDS.load(Ordering::SeqCst) {
                IS_CALLED_OFF.store(true, Ordering::SeqCst);
                continue;
            }
            match origin.signal {
                SIGTSTP => {
                    mode::leave();
                    let _ = emulate_default_handler(SIGTSTP);
                }
                SIGCONT => come_back(&draw_again),
                signal => {
                    mode::abandon();
                    leave();
                    let _ = emulate_default_handler(signal);
                }
            }
        }
    });
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        mode::abandon();
        report(info);
        // The other threads would go on without this one.
        process::exit(101);
    }));
    Ok(())
}

/// Makes sure that what is typed is shown again whatever signal ends or stops a command that asks for a password. A
/// session sees to that itself.
pub(super) fn guard() -> Result<(), Failure> {
    static BEGUN: Once = Once::new();
    let mut outcome = Ok(());
    if !IS_WATCHED.load(Ordering::SeqCst) {
        BEGUN.call_once(|| match Signals::new([SIGINT, SIGHUP, SIGTERM, SIGQUIT, SIGTSTP]) {
            Ok(signals) => drop(thread::spawn(move || show_before(signals))),
            Err(error) => outcome = Err(broken(error)),
        });
    }
    outcome
}

fn show_before(mut signals: Signals) {
    for signal in signals.forever() {
        // A session has begun since, and sees to it itself.
        if IS_WATCHED.load(Ordering::SeqCst) {
            continue;
        }
        hidden::show();
        let _ = emulate_default_handler(signal);
        // The process was stopped, and goes on.
        let until = Instant::now() + SETTLING;
        while Instant::now() < until {
            hidden::hide_again();
            thread::sleep(LOOK);
        }
    }
}

/// Returns whether another process has sent a signal, and neither a key nor this process.
fn is_foreign(origin: &Origin) -> bool {
    origin.process.as_ref().is_some_and(|sender| u32::try_from(sender.pid) != Ok(process::id()))
}

/// Takes the terminal again after a stop, and has the line drawn anew. Shells set the mode that they remember, and some
/// do so after they have continued the process.
fn come_back(draw_again: &impl Fn()) {
    let until = Instant::now() + SETTLING;
    let mut is_first = true;
    while watched::is_in_foreground() && Instant::now() < until {
        if mode::come_back() || is_first {
            draw_again();
        }
        is_first = false;
        thread::sleep(LOOK);
    }
}

/// Returns whether Ctrl-C was pressed since the last call.
pub(crate) fn take_called_off() -> bool {
    IS_CALLED_OFF.swap(false, Ordering::SeqCst)
}

/// Runs a function that Ctrl-C may end, with the process.
pub(crate) fn interruptible<T>(ask: impl FnOnce() -> T) -> T {
    ENDS.store(true, Ordering::SeqCst);
    let answer = ask();
    ENDS.store(false, Ordering::SeqCst);
    answer
}
