//! Help: the list of commands in groups, each command, and topics. Knows nothing of what commands do.

use std::fmt::Write;

use clap::Command;
use clap::builder::Styles;

use super::topics::TOPICS;
use crate::commands::nearest_of;

/// The commands, in the order of `--help`.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Messages", &["send", "read"]),
    ("Overview", &["rooms", "users", "status", "whoami"]),
    ("Account", &["login", "logout", "accounts", "password", "sessions", "code"]),
    ("Setup", &["config", "completions", "help"]),
];

/// Returns the command line with a help that lists the commands in groups.
pub(super) fn grouped(command: Command) -> Command {
    let groups = groups(&command);
    let template = "{about-with-newline}\n{usage-heading} {usage}\n\n{before-help}{all-args}{after-help}";
    command.before_help(groups).help_template(template).mut_subcommands(|command| command.hide(true))
}

/// Returns the command or topic that `linger help` is to explain, as one whose help is printed.
///
/// # Errors
///
/// The names that the user may have meant, if no command or topic has this one.
pub(super) fn explained(command: Command, about: &[String]) -> Result<Command, String> {
    let Some((first, rest)) = about.split_first() else { return Ok(grouped(command)) };
    if let (Some(topic), []) = (TOPICS.iter().find(|topic| topic.name == first), rest) {
        return Ok(Command::new(topic.name)
            .max_term_width(100)
            .long_about(topic.text)
            .help_template("{about-with-newline}"));
    }
    let mut found = command;
    found.build();
    for name in about {
        match found.find_subcommand(name) {
            Some(command) => found = command.clone(),
            None => {
                let named = found.get_subcommands().map(Command::get_name);
                let names: Vec<_> = named.chain(TOPICS.iter().map(|topic| topic.name)).collect();
                let meant = nearest_of(name, names.into_iter());
                let hint = meant.map_or_else(String::new, |meant| format!(" Did you mean `linger help {meant}`?"));
                return Err(format!("there is no command or topic {name}.{hint}"));
            }
        }
    }
    Ok(found)
}

/// Returns what can be explained, and what it is about.
pub(super) fn explainable(command: &Command) -> Vec<(String, String)> {
    let commands = command.get_subcommands().filter(|command| !command.is_hide_set());
    let about = |command: &Command| command.get_about().map(ToString::to_string).unwrap_or_default();
    let commands = commands.map(|command| (command.get_name().to_owned(), about(command)));
    commands.chain(TOPICS.iter().map(|topic| (topic.name.to_owned(), topic.about.to_owned()))).collect()
}

/// Returns the command line for manual pages, with all topics on the first page.
pub(super) fn manual(command: Command) -> Command {
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let topics = TOPICS.iter().map(|topic| topic.text.to_owned());
    let sections: Vec<_> = [examples].into_iter().chain(topics).collect();
    command.after_long_help(sections.join("\n\n"))
}

/// Formats the list of commands, and of topics.
fn groups(command: &Command) -> String {
    let header = *Styles::styled().get_header();
    let literal = *Styles::styled().get_literal();
    let mut list = String::new();
    for (heading, names) in GROUPS {
        let _ = writeln!(list, "{header}{heading}:{header:#}");
        for name in names {
            let about = command.find_subcommand(name).and_then(Command::get_about).map(ToString::to_string);
            let _ = writeln!(list, "  {literal}{name:<11}{literal:#}  {}", about.unwrap_or_default());
        }
        list.push('\n');
    }
    let _ = writeln!(list, "{header}Topics of `linger help`:{header:#}");
    for topic in TOPICS {
        let _ = writeln!(list, "  {literal}{:<11}{literal:#}  {}", topic.name, topic.about);
    }
    list
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn each_command_is_in_one_group() {
        let mut listed: Vec<_> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let command = Cli::command();
        let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
        let mut all: Vec<_> = shown.map(Command::get_name).collect();
        listed.sort_unstable();
        all.sort_unstable();
        assert_eq!(listed, all);
    }

    #[test]
    fn help_explains_commands_and_topics() {
        let help = |about: &[&str]| {
            let about: Vec<_> = about.iter().map(|word| (*word).to_owned()).collect();
            explained(Cli::command(), &about).map(|mut command| command.render_long_help().to_string())
        };
        assert!(help(&["exit-codes"]).unwrap().contains("130  Ctrl-C"));
        assert!(help(&["send"]).unwrap().contains("Usage: linger send"));
        assert!(help(&["config", "show"]).unwrap().contains("Usage: linger config show"));
        assert!(help(&[]).unwrap().contains("Messages:"));
        assert_eq!(
            help(&["exit-code"]).unwrap_err(),
            "there is no command or topic exit-code. Did you mean `linger help exit-codes`?"
        );
        assert_eq!(help(&["xyzzy"]).unwrap_err(), "there is no command or topic xyzzy.");
    }
}
