-- The newest generation whose token was used. While it is older than `generation`, the answer to the last renewal may be
-- lost, and the token before it may be renewed once more.
alter table sessions add column used_generation bigint not null default 0;
