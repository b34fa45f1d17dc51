-- Private rooms, and what each member may do in a room.

-- `title` is shown instead of the name. `posting` says who may post: everyone, members or owners.
alter table rooms add column title       text;
alter table rooms add column topic       text   not null default '';
alter table rooms add column private     bigint not null default 0;
alter table rooms add column archived_at bigint;
alter table rooms add column posting     text   not null default 'everyone'
    check (posting in ('everyone', 'members', 'owners'));

-- The creators of rooms own them, if they have not left.
alter table memberships add column role text not null default 'member' check (role in ('owner', 'member', 'reader'));
update memberships set role = 'owner'
where exists (select 1 from rooms r
              where r.conversation_id = memberships.conversation_id and r.created_by = memberships.user_id);

-- Users who may not come back into a room.
create table bans (
    conversation_id bigint not null references conversations (id),
    user_id         bigint not null references users (id),
    banned_at       bigint not null,
    primary key (conversation_id, user_id)
);

-- A row of `line_changes` with a conversation, but without seq, user and author, is a change of the conversation
-- itself.
create unique index line_changes_of_conversations on line_changes (conversation_id)
    where conversation_id is not null and seq is null and user_id is null and author_id is null;
