//! Codes that let a user in, as typed or as a link. Knows no calls.

use std::str::FromStr;

use super::server::Server;

/// A code that was given to a user. It is a secret, so it cannot be printed.
#[derive(Clone)]
pub(crate) struct Code {
    pub(crate) kind: CodeKind,
    secret: String,
    /// The server that a link leads to.
    pub(crate) server: Option<Server>,
}

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeKind {
    /// It lets a new user in.
    Invitation,
    /// It signs in a user who exists.
    Own,
    /// The code does not say.
    Unknown,
}

impl Code {
    /// Returns the code as text, to be sent.
    pub(crate) fn reveal(&self) -> &str {
        &self.secret
    }

    /// Returns the code as an invitation, unless its link says otherwise.
    pub(crate) fn as_invitation(&self) -> Self {
        let kind = if self.kind == CodeKind::Unknown { CodeKind::Invitation } else { self.kind };
        Self { kind, ..self.clone() }
    }
}

impl FromStr for Code {
    type Err = &'static str;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        let typed = typed.trim();
        let Some((address, fragment)) = typed.split_once('#') else {
            return Ok(Self { kind: CodeKind::Unknown, secret: secret(typed)?, server: None });
        };
        let server = address.parse().map_err(|_| "the link does not begin with the address of a server")?;
        let (kind, code) = fragment.split_once('=').ok_or("the link has no code")?;
        let kind = if kind == "invite" { CodeKind::Invitation } else { CodeKind::Own };
        Ok(Self { kind, secret: secret(code)?, server: Some(server) })
    }
}

/// Returns a code in the form in which it is sent. The server ignores dashes and case.
fn secret(code: &str) -> Result<String, &'static str> {
    let is_sign = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ' ';
    match code.chars().any(|c| c.is_ascii_alphanumeric()) && code.chars().all(is_sign) {
        true => Ok(code.to_owned()),
        false => Err("a code consists of letters, digits and dashes; a link contains it after a #"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_from_a_link_or_by_itself() {
        for (typed, kind, secret, server) in [
            ("ab1c2-d3e4f", CodeKind::Unknown, "ab1c2-d3e4f", None),
            (" AB1C2 D3E4F ", CodeKind::Unknown, "AB1C2 D3E4F", None),
            ("https://Chat.Example/#invite=ab-1", CodeKind::Invitation, "ab-1", Some("https://chat.example")),
            ("http://a:8000/chat/#code=ab-1", CodeKind::Own, "ab-1", Some("http://a:8000/chat")),
        ] {
            let code: Code = typed.parse().ok().unwrap();
            assert_eq!((code.kind, code.reveal()), (kind, secret), "{typed}");
            assert_eq!(code.server.map(|server| server.to_string()).as_deref(), server, "{typed}");
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for typed in
            ["", "-", "a/b", "https://chat.example/", "https://chat.example/#ab1", "#invite=ab1", "é", "a#b=\u{7}"]
        {
            assert!(typed.parse::<Code>().is_err(), "{typed}");
        }
    }

    #[test]
    fn only_a_code_that_does_not_say_is_taken_for_an_invitation() {
        let kind = |typed: &str| typed.parse::<Code>().ok().unwrap().as_invitation().kind;
        assert_eq!(kind("ab1"), CodeKind::Invitation);
        assert_eq!(kind("http://a/#code=ab1"), CodeKind::Own);
    }
}
