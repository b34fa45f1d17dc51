-- Tokens that are renewed, limits that tell a user's own networks from others, and keys for more than messages.

-- How often the session's token was renewed, and when last: each token carries the number, and those from before the
-- last renewal run out.
alter table sessions add column generation integer not null default 0;
alter table sessions add column renewed_at integer not null default 0;

-- The networks that an account signed in from with its password, of each account the newest few: an IPv4 address, or
-- the first address of an IPv6 /64. Guesses from elsewhere do not lock the account out there.
create table sign_in_networks (
    user_id integer not null references users (id),
    network text    not null,
    seen_at integer not null,
    primary key (user_id, network)
) strict, without rowid;

-- How many rooms a user has created.
create index rooms_by_creator on rooms (created_by);

-- A key may now have been used for a room, too; SQLite has no other way to let `message_id` be null. `payload` is a hash
-- of what was asked for. Rows from before have none; they are compared with the message until they are swept.
create table newer_idempotency_keys (
    user_id    integer not null references users (id),
    key        text    not null,
    message_id integer references messages (id),
    created_at integer not null,
    payload    integer,
    room_id    integer references rooms (id),
    primary key (user_id, key)
) strict, without rowid;

insert into newer_idempotency_keys (user_id, key, message_id, created_at)
select user_id, key, message_id, created_at from idempotency_keys;

drop table idempotency_keys;
alter table newer_idempotency_keys rename to idempotency_keys;
create index idempotency_keys_by_age on idempotency_keys (created_at);

-- The keys of sign-ups, before which there is no user: key and payload together stand for one. A guest's key is as good
-- as a token while it is kept, so only a hash of it is here. The seq and the event are where the user began.
create table sign_up_keys (
    key_hash    text    not null,
    payload     integer not null,
    user_id     integer not null references users (id),
    general_seq integer not null,
    event_id    integer not null,
    created_at  integer not null,
    primary key (key_hash, payload)
) strict, without rowid;

create index sign_up_keys_by_age on sign_up_keys (created_at);

-- Up to which time expired rows were swept, in one row. It follows the clock slowly, so that a clock that is wrong for a
-- while does not delete every session.
create table sweeps (
    id          integer primary key check (id = 1),
    swept_until integer not null
) strict;
