-- Tokens that are renewed.

-- How often the session's token was renewed, and when last: each token carries the number, and those from before the
-- last renewal run out.
alter table sessions add column generation integer not null default 0;
alter table sessions add column renewed_at integer not null default 0;
