//! Examples that `--help` ends with, for each command.

pub(super) const AFTER_HELP: &str = "\
Examples:
  linger                                    go on where you left off
  linger --server https://chat.example.org  open a session on another server
  linger --guest lobby                      visit a room without an account
  linger send --room lobby 'the build is done'
  linger read --follow --json | jq -r .text";

pub(super) const HELP_EXAMPLES: &str = "\
Examples:
  linger help send
  linger help exit-codes";

pub(super) const SEND_EXAMPLES: &str = "\
Examples:
  linger send hello
  linger send --room lobby 'the build is done'
  linger send --to bob --retry 60 'the disk is full'
  make 2>&1 | tail -n 5 | linger send --room builds -";

pub(super) const READ_EXAMPLES: &str = "\
Examples:
  linger read                            messages since the last run
  linger read --room lobby --last 10
  linger read --follow --json >>chat.jsonl
  linger read --as backup --json >>backup.jsonl
  linger read --follow --changes --json >>mirror.jsonl
  linger read --follow --json | jq -r 'select(.to) | .from + \": \" + .text'";

pub(super) const ROOMS_EXAMPLES: &str = "\
Examples:
  linger rooms
  linger rooms --archived
  linger rooms --json | jq -r 'select(.joined) | .name'";

pub(super) const USERS_EXAMPLES: &str = "\
Examples:
  linger users --online
  linger users --json | jq -r .name";

pub(super) const LOGIN_EXAMPLES: &str = "\
Examples:
  linger login --server https://chat.example.org
  linger login --user bot <password.txt
  linger login --user bot --create <password.txt
  linger login --invite https://chat.example.org/#invite=7k2mf-…
  linger login --code 7k2mf-…               a code that `linger code` printed on another device
  linger login --guest --user bot";

pub(super) const LOGOUT_EXAMPLES: &str = "\
Examples:
  linger logout
  linger logout --user bot";

pub(super) const PASSWORD_EXAMPLES: &str = "\
Examples:
  linger password
  printf '%s\\n' \"$OLD\" \"$NEW\" | linger password --password-stdin";

pub(super) const SESSIONS_EXAMPLES: &str = "\
Examples:
  linger sessions
  linger sessions --end 0a1b2c3d
  linger sessions --end-others";

pub(super) const CODE_EXAMPLES: &str = "\
Examples:
  linger code
  linger code --json | jq -r .url | qrencode -t utf8";

pub(super) const WHOAMI_EXAMPLES: &str = "\
Examples:
  linger whoami
  linger whoami --json | jq .guest";

pub(super) const STATUS_EXAMPLES: &str = "\
Examples:
  linger status
  linger status --json | jq '[.conversations[].unread] | add'";

pub(super) const ACCOUNTS_EXAMPLES: &str = "\
Examples:
  linger accounts
  linger accounts --json | jq -r .user";

pub(super) const CONFIG_EXAMPLES: &str = "\
Examples:
  linger config show
  linger config set server https://chat.example.org
  linger --profile work config set bell off
  linger --profile work config show";

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  linger completions bash >~/.local/share/bash-completion/completions/linger
  linger completions zsh >~/.zfunc/_linger
  linger completions fish >~/.config/fish/completions/linger.fish";
