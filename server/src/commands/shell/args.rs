//! The commands of the server's shell, as they are typed.

use clap::{Args, Subcommand, ValueEnum};

/// Acts of an administrator, carried out by the running server or, if none runs, on its database.
#[derive(Debug, Subcommand)]
pub enum Act {
    /// Add, list, disable, recover and delete users
    User {
        /// What to do.
        #[command(subcommand)]
        act: UserAct,
    },
    /// Make an invitation, and print its code
    Invite(InviteArgs),
    /// List and archive rooms
    Room {
        /// What to do.
        #[command(subcommand)]
        act: RoomAct,
    },
}

/// What to do with users.
#[derive(Debug, Subcommand)]
pub enum UserAct {
    /// Add an account, and print a one-time code by which its user comes in
    Add {
        /// Name of the user
        name: String,
        /// Read the account's password from the first line of standard input, instead of printing a code
        #[arg(long)]
        password_stdin: bool,
    },
    /// List all users
    List,
    /// Show a user
    Show {
        /// Name of the user
        name: String,
    },
    /// Shut a user out: end all sessions and refuse sign-in
    Disable {
        /// Name of the user
        name: String,
    },
    /// Let a disabled user sign in again
    Enable {
        /// Name of the user
        name: String,
    },
    /// Make a user an administrator
    Admin {
        /// Name of the user
        name: String,
        /// Make an administrator a member again
        #[arg(long)]
        revoke: bool,
    },
    /// Print a one-time code for a user who has forgotten the password
    Recover {
        /// Name of the user
        name: String,
    },
    /// Delete a user; the name is never given out again
    Delete {
        /// Name of the user
        name: String,
        /// What happens to the user's messages
        #[arg(long, value_enum, default_value_t = Messages::Keep)]
        messages: Messages,
    },
}

/// What happens to the messages of a user who is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Messages {
    /// They stay, under the name `deleted-ID`.
    Keep,
    /// Their texts are erased.
    Erase,
}

/// An invitation.
#[derive(Debug, Args)]
pub struct InviteArgs {
    /// How many users may come in by it
    #[arg(long, default_value_t = 1)]
    pub uses: u32,
    /// How many days it works
    #[arg(long, default_value_t = 7)]
    pub days: u32,
    /// Room that its users join; may be repeated
    #[arg(long = "room", value_name = "NAME")]
    pub rooms: Vec<String>,
    /// Invite guests, who have no password
    #[arg(long)]
    pub guest: bool,
}

/// What to do with rooms.
#[derive(Debug, Subcommand)]
pub enum RoomAct {
    /// List the public rooms
    List,
    /// Archive a room: it can be read, and not written to
    Archive {
        /// Name of the room
        name: String,
        /// Make an archived room an ordinary one again
        #[arg(long)]
        undo: bool,
    },
}
