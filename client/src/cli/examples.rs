//! What `--help` shows at its end: for each command what one would type.

/// Of `linger` itself, with what the exit status means.
pub(super) const AFTER_HELP: &str = "\
Examples:
  linger                                    open a session where one was last signed in
  linger --server https://chat.example.org  … on this server
  linger --guest lobby                      look into a room without an account
  linger send --room lobby 'the build is done'
  linger read --follow --json | jq -r .text

Exit status: 0 ok, 1 failed, 2 usage, 3 network, 4 authentication, 5 refused, 6 rate limited, 130 Ctrl-C.
Settings are read from linger/config.toml in $XDG_CONFIG_HOME, or ~/.config: `linger config show`.";

/// Of `linger send`.
pub(super) const SEND_EXAMPLES: &str = "\
Examples:
  linger send hello
  linger send --room lobby 'the build is done'
  linger send --to bob --retry 60 'the disk is full'
  make 2>&1 | tail -n 5 | linger send --room builds -";

/// Of `linger read`.
pub(super) const READ_EXAMPLES: &str = "\
Examples:
  linger read                            what is new since the last time
  linger read --room lobby --last 10
  linger read --follow --json >>chat.jsonl
  linger read --follow --json | jq -r 'select(.to) | .from + \": \" + .text'";

/// Of `linger rooms`.
pub(super) const ROOMS_EXAMPLES: &str = "\
Examples:
  linger rooms
  linger rooms --json | jq -r 'select(.joined) | .name'";

/// Of `linger users`.
pub(super) const USERS_EXAMPLES: &str = "\
Examples:
  linger users --online
  linger users --json | jq -r .name";

/// Of `linger login`.
pub(super) const LOGIN_EXAMPLES: &str = "\
Examples:
  linger login --server https://chat.example.org
  linger login --user bot <password.txt
  linger login --guest --user bot";

/// Of `linger logout`.
pub(super) const LOGOUT_EXAMPLES: &str = "\
Examples:
  linger logout
  linger logout --user bot";

/// Of `linger whoami`.
pub(super) const WHOAMI_EXAMPLES: &str = "\
Examples:
  linger whoami
  linger whoami --json | jq .guest";

/// Of `linger status`.
pub(super) const STATUS_EXAMPLES: &str = "\
Examples:
  linger status
  linger status --json | jq '[.conversations[].unread] | add'";

/// Of `linger config`.
pub(super) const CONFIG_EXAMPLES: &str = "\
Examples:
  linger config show
  linger --profile work config show";

/// Of `linger completions`.
pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  linger completions bash >~/.local/share/bash-completion/completions/linger
  linger completions zsh >~/.zfunc/_linger
  linger completions fish >~/.config/fish/completions/linger.fish";
