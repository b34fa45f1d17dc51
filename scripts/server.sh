# The server that `make start` starts: what it leaves in var/, whether it runs, and where it listens.
# The scripts read this file from the top of the checkout.
# shellcheck shell=sh disable=SC2034

log=var/linger.log
lock_file=var/start.lock
pid_file=var/lingerd.pid
# Where the running server listens, as HOST:PORT. Only it knows: settings, flags and port 0 all have a say.
address_file=var/lingerd.address

lingerd=${LINGERD:-${CARGO_TARGET_DIR:-target}/release/lingerd}
linger=$(dirname "$lingerd")/linger

# lingerd takes an IPv6 address without the brackets that a URL puts around it.
ADDRESS=${ADDRESS:-}
ADDRESS=${ADDRESS#\[}
ADDRESS=${ADDRESS%\]}
PORT=${PORT:-}

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Tries a command ten times a second: `within SECONDS COMMAND…` fails when the time is over.
within() {
    deadline=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

# A process that has ended stays in /proc until its parent looks at it, which in a container may be never.
ended() {
    ! grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"
}

# Sets `pid` to the running server's, or fails. The number in the file may be another program's by now.
find_process() {
    pid=$(cat "$pid_file" 2>/dev/null) || return 1
    case $pid in '' | *[!0-9]*) return 1 ;; esac
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = lingerd ] && ! ended "$pid" || return 1
    # Other users' processes do not show where they run.
    folder=$(readlink "/proc/$pid/cwd") || return 0
    [ "$folder" = "$(pwd -P)" ]
}

# Sets `pid`, `host`, `port` and `url` to the running server's, or fails.
find_server() {
    find_process || return 1
    [ -s "$address_file" ] || fail "linger is starting (pid $pid); if it goes on like this: make restart"
    split "$(cat "$address_file")"
}

# Sets `host`, `port` and `url` from HOST:PORT.
split() {
    port=${1##*:}
    host=${1%:*}
    host=${host#\[}
    host=${host%\]}
    url=http://$(reachable "$host"):$port
}

# What stands for a host in a URL. A server that listens everywhere is reached on the loopback address.
reachable() {
    case $1 in
        0.0.0.0) echo 127.0.0.1 ;;
        ::) echo '[::1]' ;;
        *:*) echo "[$1]" ;;
        *) echo "$1" ;;
    esac
}

# Whether ADDRESS or PORT name another place than `host` and `port`; port 0 stands for any.
named_elsewhere() {
    [ "${ADDRESS:-$host}" != "$host" ] || { [ "$PORT" != 0 ] && [ "${PORT:-$port}" != "$port" ]; }
}

# Sets `url`, `host` and `port` to those of the running server, or of the place that ADDRESS and PORT name
# (then `pid` is empty), or fails.
find_place() {
    if find_server && ! named_elsewhere; then return; fi
    pid=
    [ -n "$ADDRESS$PORT" ] || return 1
    split "${ADDRESS:-127.0.0.1}:${PORT:-8000}"
}

# Whether the server at `host` and `port` says that it is well.
is_healthy() {
    asker=$lingerd
    # What was built may have been removed since; the process has it still.
    [ -x "$asker" ] || asker=/proc/$pid/exe
    "$asker" healthcheck --address "$host" --port "$port" >/dev/null 2>&1
}

# Asks the process `pid` to end and waits until it has: it answers held polls first, and saves what it holds.
end_process() {
    kill "$pid" 2>/dev/null || :
    within 30 ended "$pid"
}

# A guest's first minute at `url`, as lines for a shell.
what_to_try() {
    cat <<END
  TOKEN=\$(curl -s -X POST '$url/connect' | sed 's/.*"token":"\([^"]*\)".*/\1/')
  curl -H "Authorization: Bearer \$TOKEN" -H 'Content-Type: application/json' -d '{"text":"hello"}' '$url/send'
  curl -H "Authorization: Bearer \$TOKEN" '$url/poll'
END
}
