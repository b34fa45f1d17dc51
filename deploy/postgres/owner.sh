#!/bin/sh
# Gives the nodes their role in PostgreSQL: `linger`, which owns the database `linger` and is not a superuser. Its
# password is the one that the nodes have.
#
# The image runs this on a new volume. Run it yourself if the password was lost, or once on a volume of linger 0.1, where
# `linger` is the superuser. It changes nothing that is already right:
#
#     docker compose exec database sh /docker-entrypoint-initdb.d/owner.sh
set -eu

# The image unsets this while it runs scripts.
export POSTGRES_PASSWORD_FILE="${POSTGRES_PASSWORD_FILE:-/run/linger/password}"
[ -r "$POSTGRES_PASSWORD_FILE" ] || {
    echo "owner.sh: $POSTGRES_PASSWORD_FILE cannot be read" >&2
    exit 1
}

# Runs the statements on standard input: `as ROLE DATABASE`.
as() {
    PGOPTIONS='-c client_min_messages=warning' psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 \
        --username="$1" --dbname="$2" >/dev/null
}

# linger 0.1 named the superuser `linger`. PostgreSQL keeps that role a superuser for good and no role can rename
# itself, so another one renames it.
if ! echo 'select 1;' | as postgres postgres 2>/dev/null; then
    as linger postgres <<'END'
select 'create role handover superuser login'
    where not exists (select from pg_roles where rolname = 'handover') \gexec
END
    echo 'alter role linger rename to postgres;' | as handover postgres
fi

as postgres postgres <<'END'
\set password `cat "$POSTGRES_PASSWORD_FILE"`
drop role if exists handover;
select 'create role linger' where not exists (select from pg_roles where rolname = 'linger') \gexec
alter role linger login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'password';
alter role postgres password null;
select 'create database linger' where not exists (select from pg_database where datname = 'linger') \gexec
alter database linger owner to linger;
END

# Indexes and the sequences of identity columns follow their tables.
as postgres linger <<'END'
select format('alter table %s owner to linger', oid::regclass) from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relowner <> 'linger'::regrole \gexec
select format('alter function %s owner to linger', oid::regprocedure) from pg_proc
    where pronamespace = 'public'::regnamespace and proowner <> 'linger'::regrole \gexec
END
