-- Several nodes on one database.

-- How often the last-read position was set rather than moved up. A node that has not heard of the last time
-- cannot move up a position from before it.
alter table memberships add column resets bigint not null default 0;

-- What the nodes have to hear of besides messages, one row for each transaction that has any: sessions that
-- ended, users whose memberships changed, last-read positions. `id` rises in commit order, as messages' do.
-- The old are swept; a node that was away for longer than that starts afresh.
create table changes (
    id         bigint primary key generated always as identity,
    body       text   not null,
    created_at bigint not null
);

-- There is always a newest one.
insert into changes (body, created_at) values ('{}', (extract(epoch from now()) * 1000)::bigint);

-- A running server, under a number that it draws when it starts. `seen_at` is by the database's clock; who
-- has not been seen for a minute is gone.
create table nodes (
    id      bigint primary key,
    seen_at bigint not null
);

-- Who is online, by the node that heard of them.
create table presence (
    node_id bigint not null references nodes (id) on delete cascade,
    user_id bigint not null references users (id),
    primary key (node_id, user_id)
);
