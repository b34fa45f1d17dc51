//! Why no answer came, in three parts: what was not reached, why, and what to do about it.

use std::error::Error;
use std::fmt;

/// A call without an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Unreached {
    /// The address that the client called. Empty if that is clear, or if no call was made.
    pub(crate) place: String,
    /// The reason, which fits into a sentence.
    pub(crate) why: String,
    /// One or two sentences.
    pub(crate) advice: String,
    /// Whether any part of the request was sent. If not, the server has surely not carried it out.
    pub(crate) is_sent: bool,
}

impl Unreached {
    /// Adds to the reason what else the user has to know.
    pub(crate) fn noting(mut self, note: &str) -> Self {
        self.why = format!("{}; {note}", self.why);
        self
    }
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, why, advice, .. } = self;
        match (place.is_empty(), advice.is_empty()) {
            (true, true) => write!(f, "{why}"),
            (true, false) => write!(f, "{why}. {advice}"),
            (false, true) => write!(f, "Cannot reach {place}: {why}."),
            (false, false) => write!(f, "Cannot reach {place}: {why}. {advice}"),
        }
    }
}

impl Error for Unreached {}

impl From<String> for Unreached {
    fn from(why: String) -> Self {
        Self { why, ..Self::default() }
    }
}

impl From<&str> for Unreached {
    fn from(why: &str) -> Self {
        why.to_owned().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_that_are_known_make_a_sentence() {
        let all = Unreached {
            place: "http://a".into(),
            why: "the connection was refused".into(),
            advice: "Check the address.".into(),
            is_sent: false,
        };
        let said = all.clone().noting("the message was not sent").to_string();
        assert_eq!(
            said,
            "Cannot reach http://a: the connection was refused; the message was not sent. Check the address."
        );
        assert_eq!(
            Unreached { place: String::new(), ..all }.to_string(),
            "the connection was refused. Check the address."
        );
        assert_eq!(Unreached::from("not sent: hi").to_string(), "not sent: hi");
    }
}
