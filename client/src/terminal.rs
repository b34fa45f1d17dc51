//! The terminal, or the pipes in its place: lines come in, text goes out above the line that is being typed.
//! Alone names rustyline; knows nothing of what the lines mean.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use rustyline::error::ReadlineError;
use rustyline::{
    Cmd, ConditionalEventHandler, Config, DefaultEditor, Event, EventContext, EventHandler, ExternalPrinter, KeyEvent,
    Movement, Prompt, RepeatCount,
};

use crate::failure::Failure;
use crate::prompt::PromptUp;

/// What rustyline switched on with the prompt.
const BRACKETED_PASTE_OFF: &str = "\x1b[?2004l";

/// Where lines come from.
pub struct Lines(Input);

enum Input {
    Typed { editor: Box<DefaultEditor>, prompt_up: Arc<PromptUp> },
    Piped,
}

/// Where text goes that nobody at the keyboard asked for.
pub struct Printer(Option<(Box<dyn ExternalPrinter + Send>, Arc<PromptUp>)>);

/// Puts the terminal back as it was found, if need be under a prompt that still waits for a key.
pub struct Restore(Option<(Termios, Arc<PromptUp>)>);

/// Opens the terminal for editing if input and output are one, and else the pipes.
pub fn open() -> Result<(Lines, Printer, Restore), Failure> {
    let piped = (Lines(Input::Piped), Printer(None), Restore(None));
    if !is_typed() || !io::stdout().is_terminal() {
        return Ok(piped);
    }
    let config = Config::builder().auto_add_history(true).build();
    let mut editor = Box::new(DefaultEditor::with_config(config).map_err(broken)?);
    editor.bind_sequence(KeyEvent::ctrl('C'), EventHandler::Conditional(Box::new(ClearFirst)));
    // A terminal that cannot even move its cursor has no printer, and gets no editing either.
    let Ok(printer) = editor.create_external_printer() else {
        return Ok(piped);
    };
    let original = tcgetattr(io::stdin()).map_err(broken)?;
    let prompt_up = Arc::<PromptUp>::default();
    Ok((
        Lines(Input::Typed { editor, prompt_up: Arc::clone(&prompt_up) }),
        Printer(Some((Box::new(printer), Arc::clone(&prompt_up)))),
        Restore(Some((original, prompt_up))),
    ))
}

/// Whether somebody types the input.
pub fn is_typed() -> bool {
    io::stdin().is_terminal()
}

/// Asks for a line; nothing if there is none. A pipe knows what it has to answer.
pub fn ask(question: &str) -> Result<Option<String>, Failure> {
    if is_typed() {
        eprint!("{question}");
    }
    read_line()
}

/// Asks for a line that is not shown while it is typed.
pub fn ask_hidden(question: &str) -> Result<String, Failure> {
    match is_typed() {
        true => rpassword::prompt_password(question).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => Failure::Interrupted,
            _ => broken(error),
        }),
        false => Ok(ask(question)?.unwrap_or_default()),
    }
}

/// Prints what the user asked for. Only while no prompt is up: before the first, and while a line is carried out.
pub fn say(text: &str) -> Result<(), Failure> {
    writeln!(io::stdout(), "{text}").map_err(broken)
}

/// Prints what went wrong or is merely good to know, apart from what may be piped on. Only while no prompt is up.
pub fn note(text: &str) {
    // Who has closed the error output does not want to know.
    let _ = writeln!(io::stderr(), "{text}");
}

impl Lines {
    /// The next line, asked for with this prompt; nothing at the end. Ctrl-C and Ctrl-D end only an empty line.
    pub fn next(&mut self, prompt: &str) -> Result<Option<String>, Failure> {
        let Input::Typed { editor, prompt_up } = &mut self.0 else {
            return read_line();
        };
        let line = editor.readline(&Raising { prompt, prompt_up });
        prompt_up.set(false);
        match line {
            Ok(line) => Ok(Some(line)),
            Err(ReadlineError::Eof | ReadlineError::Interrupted) => Ok(None),
            Err(error) => Err(broken(error)),
        }
    }

    /// Whether somebody types them.
    pub fn are_typed(&self) -> bool {
        matches!(self.0, Input::Typed { .. })
    }
}

impl Printer {
    /// Prints what belongs to the conversation, above the half-typed line; waits while a line is carried out.
    pub fn print(&mut self, text: &str) -> Result<(), Failure> {
        match &mut self.0 {
            None => say(text),
            Some((printer, prompt_up)) => {
                prompt_up.wait();
                printer.print(format!("{text}\n")).map_err(broken)
            }
        }
    }

    /// Prints what is merely good to know.
    pub fn note(&mut self, text: &str) -> Result<(), Failure> {
        match self.0 {
            None => note(text),
            Some(_) => self.print(text)?,
        }
        Ok(())
    }
}

impl Restore {
    /// Another thread may still be reading a key: that thread will not get to put anything back.
    pub fn restore(self) {
        if let Some((original, prompt_up)) = self.0
            && prompt_up.get()
        {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &original);
            let _ = say(BRACKETED_PASTE_OFF);
        }
    }
}

/// A prompt that tells when it is up: rustyline asks for its text once it has the terminal to itself.
struct Raising<'a> {
    prompt: &'a str,
    prompt_up: &'a PromptUp,
}

impl Prompt for Raising<'_> {
    fn raw(&self) -> &str {
        self.prompt_up.set(true);
        self.prompt
    }
}

/// Ctrl-C on a line that is not empty: away with the line, not with the client.
struct ClearFirst;

impl ConditionalEventHandler for ClearFirst {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        (!context.line().is_empty()).then_some(Cmd::Kill(Movement::WholeLine))
    }
}

fn read_line() -> Result<Option<String>, Failure> {
    let mut line = String::new();
    let length = io::stdin().read_line(&mut line).map_err(broken)?;
    let line = line.trim_end_matches(['\r', '\n']).to_owned();
    Ok((length > 0).then_some(line))
}

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::Terminal(error.to_string())
}
