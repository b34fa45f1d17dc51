-- Messages change: they are edited, deleted and reacted to. Each change takes a place on the line, as a message does, but
-- no seq, so it never counts as unread.

-- `reply_to` is the seq of a message of the same conversation. `revision` is the newest change of the message. A deleted
-- message keeps its row with an empty text. `reactions` is the JSON array that answers contain, kept by the writer of
-- the table `reactions`.
alter table messages add column reply_to   integer;
alter table messages add column revision   integer;
alter table messages add column edited_at  integer;
alter table messages add column deleted_at integer;
alter table messages add column deleted_by integer references users (id);
alter table messages add column reactions  text;

-- The changes. `id` is the place on the line. A row with a `seq` is a change of that message, and one with a user is a
-- change of that user's membership. When the same message or membership changes again, the earlier row becomes an empty
-- place: it stays only because cursors may stand there. So a reader finds each message and membership once, however
-- often it changed.
create table line_changes (
    id              integer primary key,
    conversation_id integer references conversations (id),
    seq             integer,
    user_id         integer references users (id),
    changed_at      integer not null
) strict;

create index line_changes_by_conversation on line_changes (conversation_id, id) where seq is not null;
create unique index line_changes_by_user on line_changes (user_id, conversation_id) where user_id is not null;

-- Who reacted, in the order of `change_id`, the place on the line.
create table reactions (
    conversation_id integer not null,
    seq             integer not null,
    emoji           text    not null,
    user_id         integer not null references users (id),
    change_id       integer not null,
    primary key (conversation_id, seq, emoji, user_id),
    foreign key (conversation_id, seq) references messages (conversation_id, seq)
) strict, without rowid;

create index reactions_in_order on reactions (conversation_id, seq, emoji, change_id);
