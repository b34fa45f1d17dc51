-- Several nodes on one database need PostgreSQL; what both have in common is this.

-- How often the last-read position was set rather than moved up. Whoever has not heard of the last time
-- cannot move up a position from before it.
alter table memberships add column resets integer not null default 0;
