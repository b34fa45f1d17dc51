# The server of `make start`: its files in var/, whether it is running, and where it listens.
# Scripts source this file from the top of the checkout.
# shellcheck shell=sh disable=SC2034

. scripts/cargo.sh

log=var/linger.log
lock_file=var/start.lock
pid_file=var/lingerd.pid
# The running server's HOST:PORT. It depends on settings, flags and, with port 0, on the kernel.
address_file=var/lingerd.address

# lingerd takes an IPv6 address without the brackets of a URL.
ADDRESS=${ADDRESS:-}
ADDRESS=${ADDRESS#\[}
ADDRESS=${ADDRESS%\]}
PORT=${PORT:-}

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Retries a command ten times a second: `within SECONDS COMMAND…` fails after that time.
within() {
    deadline=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

# Succeeds if a process has ended. It may stay in /proc as a zombie, in a container forever.
ended() {
    ! grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"
}

# Sets `pid` to the running server's, or fails. The number in the file may have been reused by another program.
find_process() {
    pid=$(cat "$pid_file" 2>/dev/null) || return 1
    case $pid in '' | *[!0-9]*) return 1 ;; esac
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = lingerd ] && ! ended "$pid" || return 1
    # Another user's process does not reveal its folder.
    folder=$(readlink "/proc/$pid/cwd") || return 0
    [ "$folder" = "$(pwd -P)" ]
}

# Sets `pid`, `host`, `port` and `url` to the running server's, or fails.
find_server() {
    find_process || return 1
    [ -s "$address_file" ] || fail "linger is still starting (pid $pid); if that does not end, run make restart"
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

# Prints a host for use in a URL. A server that listens on every address is reached on the loopback address.
reachable() {
    case $1 in
        0.0.0.0) echo 127.0.0.1 ;;
        ::) echo '[::1]' ;;
        *:*) echo "[$1]" ;;
        *) echo "$1" ;;
    esac
}

# Succeeds if ADDRESS or PORT differ from `host` and `port`. Port 0 matches any.
named_elsewhere() {
    [ "${ADDRESS:-$host}" != "$host" ] || { [ "$PORT" != 0 ] && [ "${PORT:-$port}" != "$port" ]; }
}

# Sets `url`, `host` and `port` to the running server's, or else to ADDRESS and PORT with an empty `pid`. Fails if there is
# neither.
find_place() {
    if find_server && ! named_elsewhere; then return; fi
    pid=
    [ -n "$ADDRESS$PORT" ] || return 1
    split "${ADDRESS:-127.0.0.1}:${PORT:-8000}"
}

# Sets `program` to the path of `lingerd` or `linger`. Builds it in release mode, unless LINGERD names a lingerd that is
# already built, with linger beside it.
build() {
    case $1 in
    lingerd) package=server program=${LINGERD:-} ;;
    linger) package=client program=${LINGERD:+$(dirname "$LINGERD")/linger} ;;
    esac
    if [ -z "$program" ]; then
        scripts/toolchain
        echo "Building the $package. The first build takes a few minutes …"
        cargo_build --release --quiet -p "linger-$package" ||
            fail "the $package could not be built; the reason is above"
        program=$(built "$1")
    fi
    [ -x "$program" ] || fail "there is no program at $program"
}

# Sets `asker` to a program that can ask a server for its health, or fails: the running server's, or else one that was
# built before.
find_asker() {
    # The build may have been removed; the process still has it open.
    asker=/proc/${pid:-none}/exe
    [ -x "$asker" ] && return
    asker=${LINGERD:-}
    [ -n "$asker" ] || for folder in "$(target_folder)"/release "$(target_folder)"/*/release; do
        [ ! -x "$folder/lingerd" ] || asker=$folder/lingerd
    done
    [ -x "$asker" ]
}

# Succeeds if the server at `host` and `port` is healthy.
is_healthy() {
    find_asker && "$asker" healthcheck --address "$host" --port "$port" >/dev/null 2>&1
}

# Asks the process `pid` to end and waits for it: it first answers held polls and saves last-read positions.
end_process() {
    kill "$pid" 2>/dev/null || :
    within 30 ended "$pid"
}

# Prints a guest's first calls to `url`, as lines for a shell.
what_to_try() {
    cat <<END
  TOKEN=\$(curl -s -X POST '$url/connect' | sed 's/.*"token":"\([^"]*\)".*/\1/')
  curl -H "Authorization: Bearer \$TOKEN" -H 'Content-Type: application/json' -d '{"text":"hello"}' '$url/send'
  curl -H "Authorization: Bearer \$TOKEN" '$url/poll'
END
}
