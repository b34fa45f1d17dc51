-- Who talks, where, and what was said.
--
-- Every table is STRICT: SQLite then refuses a value of the wrong type instead of keeping it.
-- Times are milliseconds since 1970 in UTC: one number, the same in every dialect, and it sorts.

-- One row about the database itself, drawn at random when it is made. Every cursor carries `epoch` and is
-- sealed with `cursor_key`: one from another database, or one that nobody issued, is answered with 410.
create table database_identity (
    id         integer primary key check (id = 1),
    epoch      integer not null,
    cursor_key blob    not null check (length(cursor_key) = 16),
    created_at integer not null
) strict;

-- A guest is a user without a password. Names arrive folded to lower case, so `unique` is enough.
create table users (
    id            integer primary key autoincrement,
    name          text    not null unique,
    password_hash text,
    created_at    integer not null
) strict;

-- A row is a signed-in client; signing out deletes it. `id` is the token's `jti`, never the token.
create table sessions (
    id         text    primary key,
    user_id    integer not null references users (id),
    created_at integer not null,
    expires_at integer not null
) strict, without rowid;

-- The expired are swept by time.
create index sessions_by_expiry on sessions (expires_at);

-- A room or a direct conversation: what the two have in common. Its id never leaves the server, so that
-- the gaps in room ids tell nobody how many people talk in private.
-- `newest_seq` hands out the next seq and makes an unread count a subtraction.
create table conversations (
    id         integer primary key autoincrement,
    newest_seq integer not null default 0,
    newest_id  integer not null default 0
) strict;

-- `members` is kept by whoever writes memberships, so that listing rooms counts nothing.
create table rooms (
    id              integer primary key autoincrement,
    conversation_id integer not null unique references conversations (id),
    name            text    not null unique,
    created_by      integer references users (id),
    created_at      integer not null,
    members         integer not null default 0
) strict;

-- Exactly two users, in one order, so that the pair can exist once only.
create table directs (
    conversation_id integer primary key references conversations (id),
    low_user_id     integer not null references users (id),
    high_user_id    integer not null references users (id),
    unique (low_user_id, high_user_id),
    check (low_user_id < high_user_id)
) strict;

-- What reaches a user's poll. `since_seq` is the newest message at the time of joining: what came before
-- is history, unless the user sets the position back to before it. `last_read_seq` is the last-read position.
-- Both may lag by a second: they are written behind.
create table memberships (
    user_id         integer not null references users (id),
    conversation_id integer not null references conversations (id),
    since_seq       integer not null,
    last_read_seq   integer not null,
    primary key (user_id, conversation_id)
) strict, without rowid;

-- `id` rises in commit order over the whole server, `seq` counts without gaps inside a conversation.
create table messages (
    id              integer primary key,
    conversation_id integer not null references conversations (id),
    seq             integer not null,
    sender_id       integer not null references users (id),
    text            text    not null,
    sent_at         integer not null,
    unique (conversation_id, seq)
) strict;

-- "Where in this conversation does the cursor stand": from an id to a seq without a scan.
create index messages_by_conversation on messages (conversation_id, id);

-- One message per user and key, however often it is sent. The payload is compared with the message.
create table idempotency_keys (
    user_id    integer not null references users (id),
    key        text    not null,
    message_id integer not null references messages (id),
    created_at integer not null,
    primary key (user_id, key)
) strict, without rowid;

create index idempotency_keys_by_age on idempotency_keys (created_at);

-- The room where everybody meets: room 1, always there, made by nobody.
insert into conversations (id) values (1);
insert into rooms (id, conversation_id, name, created_at)
values (1, 1, 'general', cast(unixepoch('subsec') * 1000 as integer));
