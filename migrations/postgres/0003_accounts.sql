-- Tokens that are renewed, and limits that tell a user's own networks from others.

-- How often the session's token was renewed, and when last: each token carries the number, and those from before the
-- last renewal run out.
alter table sessions add column generation bigint not null default 0;
alter table sessions add column renewed_at bigint not null default 0;

-- The networks that an account signed in from with its password, of each account the newest few: an IPv4 address, or
-- the first address of an IPv6 /64. Guesses from elsewhere do not lock the account out there.
create table sign_in_networks (
    user_id bigint not null references users (id),
    network text   not null collate "C",
    seen_at bigint not null,
    primary key (user_id, network)
);

-- How many rooms a user has created.
create index rooms_by_creator on rooms (created_by);
