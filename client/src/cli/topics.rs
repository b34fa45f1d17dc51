//! What `linger help TOPIC` says beside the commands.

/// A topic and its text.
pub(super) struct Topic {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) text: &'static str,
}

pub(super) const TOPICS: [Topic; 3] = [
    Topic {
        name: "exit-codes",
        about: "What each exit status means",
        text: "\
Exit status:
    0  success
    1  a local failure: a file, a piped line that failed; an internal error of the server
    2  a command line or setting that cannot be understood
    3  no answer, an answer that is not linger's, or the server is not available
    4  not signed in; a wrong name, password or code; or a disabled account
    5  refused by the server, no such room or user, or a text that cannot be sent
    6  a rate limit
  130  Ctrl-C, or a SIGINT; in a session, only a SIGINT, because Ctrl-C is a key there
  141  the reader of the output is gone",
    },
    Topic {
        name: "environment",
        about: "Variables that linger reads",
        text: "\
Environment:
  A flag overrides a variable, and a variable the settings file. An empty variable counts as unset.

  LINGER_SERVER    the server, as --server
  LINGER_USER      the user, as --user
  LINGER_PROFILE   the profile, as --profile
  LINGER_CA_FILE   certificates to trust, as --ca-file
  LINGER_TOKEN     the token of a session, which is never stored and never renewed; --user, --guest, --create,
                   --code and --invite choose another sign-in
  NO_COLOR         any value switches colours off
  ALL_PROXY, HTTPS_PROXY, HTTP_PROXY
                   a proxy; the first that is set counts, except for hosts in NO_PROXY and for this machine
  SSL_CERT_FILE, SSL_CERT_DIR
                   certificates of the system
  XDG_CONFIG_HOME, XDG_STATE_HOME
                   where the files are: see `linger help files`",
    },
    Topic {
        name: "files",
        about: "Where settings and sign-ins are kept",
        text: "\
Files:
  `linger config show` prints both folders.

  $XDG_CONFIG_HOME/linger/config.toml, or in ~/.config
      settings
  $XDG_STATE_HOME/linger/, or in ~/.local/state
      what sessions keep, and in a folder for each profile and server:
  USER.json, current
      a sign-in, and the user who signed in last
  USER.conversation
      where the next session begins
  history
      the latest 1,000 lines typed in sessions
  read/USER.jsonl
      the position of `linger read`; one more for each --room, --changes and --as

  Only you can read these files. linger never stores a password.",
    },
];
