-- Accounts that an administrator answers for: how a user comes in, what each may do, and where each is signed in.

-- A `password_hash` of `!` is that of a user whom a proxy signs in, who is no guest.
-- `display_name` is shown beside the name. A disabled user cannot sign in. A deleted user keeps the row, under a name made
-- from the id, for the messages that stay.
alter table users add column display_name text;
alter table users add column role         text not null default 'member' check (role in ('member', 'admin'));
alter table users add column disabled_at  integer;
alter table users add column deleted_at   integer;

-- Former names of deleted users. They are never given out again.
create table retired_names (
    name       text primary key,
    retired_at integer not null
) strict, without rowid;

-- Where a user is signed in, as that user is told. `seen_at` lags by minutes. A session that a recovery code opened may
-- set a password once without the old one.
alter table sessions add column client           text    not null default '';
alter table sessions add column address          text    not null default '';
alter table sessions add column seen_at          integer not null default 0;
alter table sessions add column may_set_password integer not null default 0;

create index sessions_by_user on sessions (user_id);

-- Codes that open the door: invitations, and codes that sign in one user, on another device or without the password.
-- Only a hash of a code is here. The shell makes codes without a user. `guest` says that an invitation makes guests,
-- and `role` what the accounts are that it makes.
create table codes (
    id         integer primary key autoincrement,
    code_hash  text    not null unique,
    kind       text    not null check (kind in ('invitation', 'device', 'recovery')),
    user_id    integer references users (id),
    created_by integer references users (id),
    guest      integer not null default 0,
    role       text     not null default 'member' check (role in ('member', 'admin')),
    uses_left  integer not null,
    created_at integer not null,
    expires_at integer not null
) strict;

create index codes_by_expiry on codes (expires_at);

-- The rooms that an invitation names.
create table code_rooms (
    code_id integer not null references codes (id),
    room_id integer not null references rooms (id),
    primary key (code_id, room_id)
) strict, without rowid;

-- The rooms of the invitation by which a guest came, besides which the guest sees only the rooms it is in. A guest
-- without rows here sees every public room.
create table guest_rooms (
    user_id integer not null references users (id),
    room_id integer not null references rooms (id),
    primary key (user_id, room_id)
) strict, without rowid;

-- A row of `line_changes` with an author says that everything this user wrote in the conversation was erased.
alter table line_changes add column author_id integer references users (id);

-- Users who have written a message. A guest among them keeps the name. No message of the user lies before `first_id`.
create table authors (
    user_id  integer primary key references users (id),
    first_id integer not null
) strict;

insert into authors select sender_id, min(id) from messages group by sender_id;

-- Guests who may have left for good.
create index guests_by_age on users (created_at) where password_hash is null and deleted_at is null;

create index line_changes_of_authors on line_changes (conversation_id, id) where author_id is not null;

-- Finds the reactions of a user who is deleted.
create index reactions_by_user on reactions (user_id);
