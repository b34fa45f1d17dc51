//! The commands about the user's own account, and those of administrators. Does no I/O and knows nothing of how a
//! command is carried out.

use super::command::{Command, Own};
use super::rooms::name;

/// Stands for all sessions but the present one.
pub(super) const OTHERS: &str = "others";

pub(super) fn nick(rest: &str) -> Option<Command> {
    Some(Command::Own(Own::Nick { name: (!rest.is_empty()).then(|| rest.to_owned()) }))
}

pub(super) fn sessions(rest: &str) -> Option<Command> {
    let words: Vec<_> = rest.split_whitespace().collect();
    match words[..] {
        [] => Some(Command::Own(Own::Sessions)),
        ["end", OTHERS] => Some(Command::Own(Own::EndOthers)),
        ["end", id] => Some(Command::Own(Own::EndSession { id: id.to_owned() })),
        _ => None,
    }
}

pub(super) fn account(rest: &str) -> Option<Command> {
    rest.is_empty().then_some(Command::Own(Own::Account))
}

pub(super) fn code(rest: &str) -> Option<Command> {
    rest.is_empty().then_some(Command::Own(Own::Code))
}

pub(super) fn disable(rest: &str) -> Option<Command> {
    name(rest).map(|name| Command::Own(Own::Disable { name, is_on: true }))
}

pub(super) fn enable(rest: &str) -> Option<Command> {
    name(rest).map(|name| Command::Own(Own::Disable { name, is_on: false }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_ended_by_its_id() {
        let own = |command| Some(Command::Own(command));
        assert_eq!(sessions(""), own(Own::Sessions));
        assert_eq!(sessions("end 0a1b"), own(Own::EndSession { id: "0a1b".into() }));
        assert_eq!(sessions("end others"), own(Own::EndOthers));
        for rest in ["end", "0a1b", "end a b"] {
            assert_eq!(sessions(rest), None, "{rest}");
        }
    }

    #[test]
    fn a_display_name_may_have_spaces() {
        assert_eq!(nick("Alice  Miller"), Some(Command::Own(Own::Nick { name: Some("Alice  Miller".into()) })));
        assert_eq!(nick(""), Some(Command::Own(Own::Nick { name: None })));
    }
}
