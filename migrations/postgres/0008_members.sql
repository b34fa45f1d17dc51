-- A page of a room's members, and a user's direct conversations, read no others.
create index memberships_by_conversation on memberships (conversation_id, user_id);
create index directs_by_high_user on directs (high_user_id);
