//! What is known of a room beside its name. Servers before 0.2 tell nothing of it.

use linger_api::Room;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What is known of a room beside its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Facts {
    pub(crate) title: Option<String>,
    pub(crate) topic: Option<String>,
    /// Whether only its members can see it.
    pub(crate) private: bool,
    pub(crate) archived: bool,
    /// Who may post: `everyone`, `members` or `owners`.
    pub(crate) posting: Option<String>,
    /// The user's own role.
    pub(crate) role: Option<String>,
}

impl Facts {
    /// Returns what a list says of the room, such as `private, owner`.
    pub(crate) fn notes(&self) -> Vec<&str> {
        let kinds = [(self.private, "private"), (self.archived, "archived")];
        let kinds = kinds.into_iter().filter(|(is_so, _)| *is_so).map(|(_, kind)| kind);
        kinds.chain(self.role.as_deref().filter(|role| *role != "member")).collect()
    }

    /// Returns why the user may not post there, or `None` if no reason is known.
    pub(crate) fn why_read_only(&self) -> Option<&'static str> {
        match (self.archived, self.role.as_deref(), self.posting.as_deref()) {
            (true, _, _) => Some("The room is archived."),
            (_, Some("reader"), _) => Some("You are a reader there."),
            (_, Some("banned"), _) => Some("You are banned there."),
            (_, _, Some("owners")) => Some("Only its owners post there."),
            (_, _, Some("members")) => Some("Only its members post there: /join joins it."),
            _ => None,
        }
    }
}

/// A room in a list.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) room: Room,
    pub(crate) facts: Facts,
}

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let room = Value::deserialize(deserializer)?;
        let facts = Facts::deserialize(&room).map_err(D::Error::custom)?;
        Ok(Self { room: Room::deserialize(room).map_err(D::Error::custom)?, facts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_of_an_older_server_is_public_and_open() {
        let old = r#"{"id":1,"name":"general","created_by":null,"created_at":"","joined":true,"unread":0,"members":1}"#;
        let listed: Listed = serde_json::from_str(old).unwrap();
        assert_eq!((listed.room.name.as_str(), listed.facts), ("general", Facts::default()));
    }

    #[test]
    fn a_room_says_what_is_special_about_it() {
        let new =
            r#"{"title":"The board","topic":"","private":true,"archived":true,"posting":"owners","role":"owner"}"#;
        let facts: Facts = serde_json::from_str(new).unwrap();
        assert_eq!(facts.notes(), ["private", "archived", "owner"]);
        assert_eq!(facts.why_read_only(), Some("The room is archived."));
        let reader = Facts { role: Some("reader".into()), ..Facts::default() };
        assert_eq!((reader.notes(), reader.why_read_only()), (vec!["reader"], Some("You are a reader there.")));
        assert_eq!(Facts::default().why_read_only(), None);
    }
}
