//! Commands with their arguments. Does no I/O and knows nothing of how a command is written or carried out.

/// A command with its arguments. Names come without `#` or `@`, unless the mark makes a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
#[rustfmt::skip]
pub(crate) enum Command {
    Help { about: Option<String> },
    /// Lists conversations named like a word, or the most important ones.
    Rooms { like: Option<String>, is_archived: bool },
    /// Lists users named like a word, or the first ones.
    Users { like: Option<String> },
    Create { room: String, is_private: bool },
    /// Starts a conversation of several users.
    Group { names: Vec<String> },
    /// `room` is `#room`, a name, or a number from the list.
    Join { room: String },
    /// Leaves the current room if none is named.
    Leave { room: Option<String> },
    /// Goes back to the previous conversation if none is named.
    Switch { to: Option<String> },
    /// Goes to the oldest unread conversation.
    Next,
    Msg { to: String, text: String },
    /// Says what the user does.
    Me { text: String },
    /// Opens a direct conversation, and sends the text if there is one. Without a name, goes back to the previous
    /// conversation.
    Query { to: Option<String>, text: Option<String> },
    Who,
    Whois { name: String },
    /// Shows messages from before the oldest that was shown.
    History { count: Option<usize> },
    /// Shows the latest messages again.
    Last { count: Option<usize> },
    /// Shows the latest messages that name the user.
    Mentions,
    /// Changes the user's last message if no number is given. Without a text, gives its text back to be changed.
    Edit { seq: Option<i64>, text: Option<String> },
    /// Deletes the user's last message if no number is given.
    Delete { seq: Option<i64> },
    Reply { to: i64, text: String },
    /// Shows the latest messages with their numbers.
    Numbers,
    /// Reacts to the latest message of another user if no number is given. Takes the reaction back unless `is_given`.
    React { seq: Option<i64>, emoji: String, is_given: bool },
    Unread,
    /// Marks the current conversation as read if none is named.
    Read { what: Option<String> },
    /// A command about the current room.
    Room(InRoom),
    /// A command about an account.
    Own(Own),
    /// Asks for a new password.
    Passwd,
    Status,
    Clear,
    /// Signs out and quits.
    Disconnect,
    /// Quits and stays signed in.
    Quit,
}

/// A command about the current room.
#[derive(Debug, Clone, PartialEq, Eq)]
#[rustfmt::skip]
pub(crate) enum InRoom {
    /// Shows the topic if none is given. `-` removes it.
    Topic { text: Option<String> },
    /// Shows the title if none is given. `-` removes it.
    Title { text: Option<String> },
    Members,
    Invite { name: String },
    /// Makes an invitation for this many new users.
    InviteLink { uses: i64 },
    Role { name: String, role: &'static str },
    Kick { name: String },
    Ban { name: String },
    Unban { name: String },
    Private { is_on: bool },
    Archive { is_on: bool },
    Posting { by: &'static str },
}

/// A command about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[rustfmt::skip]
pub(crate) enum Own {
    /// Shows the display name if none is given.
    Nick { name: Option<String> },
    Account,
    Sessions,
    /// Ends the session whose id begins like this.
    EndSession { id: String },
    EndOthers,
    /// Makes a code for another device.
    Code,
    /// Shuts a user out, or lets the user in again.
    Disable { name: String, is_on: bool },
}

/// Splits a text into its first word and the rest.
pub(super) fn first_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}
