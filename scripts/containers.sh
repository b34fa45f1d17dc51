# The containers of `make up` and `make scale`: finds Docker Compose, starts them, checks their health.
# Scripts source this file after server.sh, from the top of the checkout.
# shellcheck shell=sh disable=SC2154

# Sets `compose` to the command for Docker Compose: docker's plugin or the older program.
find_compose() {
    command -v docker >/dev/null ||
        fail 'this needs Docker, but there is no docker on the PATH: see https://docs.docker.com/get-docker/'
    docker ps >/dev/null 2>&1 ||
        fail "the Docker daemon does not answer: it is not running, or $(id -un) may not use it"
    if docker compose version >/dev/null 2>&1; then
        compose='docker compose'
    elif command -v docker-compose >/dev/null; then
        compose=docker-compose
    else
        fail 'this needs Docker Compose, which is not installed: see https://docs.docker.com/compose/install/'
    fi
}

# Builds the image, then replaces another profile's containers by this one's:
# `bring_up PROFILE FRONT OTHER-PROFILE OTHERS ARGUMENTS-OF-UP…`, where FRONT is the service with the published port.
bring_up() {
    COMPOSE_PROFILES=$1
    front=$2
    other=$3
    others=$4
    shift 4
    LINGER_ADDRESS=$(bracketed "${ADDRESS:-${LINGER_ADDRESS:-127.0.0.1}}")
    LINGER_PORT=${PORT:-${LINGER_PORT:-8000}}
    export COMPOSE_PROFILES LINGER_ADDRESS LINGER_PORT

    # Users of the containers read these files, whatever umask the checkout was made with.
    chmod -R a+rX deploy 2>/dev/null || :
    echo 'Building the image. The first build takes a few minutes …'
    $compose build >&2 || fail 'the image could not be built; the reason is above'
    # Both profiles publish the same port.
    # shellcheck disable=SC2086
    COMPOSE_PROFILES=$other $compose rm --stop --force $others >/dev/null 2>&1 || :
    $compose up --detach "$@" >&2 ||
        fail "the containers did not start: $(reason "the reason is above, or in $compose logs")"
    within 90 is_up "$front" ||
        fail "the containers are not healthy after 90 seconds: $(reason "see $compose logs")"
    split "$LINGER_ADDRESS:$LINGER_PORT"
}

# Prints the last reason that a server gave for not starting, or else these words.
reason() {
    reason=$($compose logs --no-color --tail 20 2>/dev/null | sed -n 's/.*lingerd: //p' | tail -n 1)
    printf '%s\n' "${reason:-$1}"
}

# Prints how to come in, given the service that has the servers. While nobody is here, their logs have invitations for
# the first administrator, and each of them works.
how_to_come_in() {
    invitation=
    # Below a heading, a line for each user.
    if users=$($compose exec -T "$1" lingerd user list 2>/dev/null) && [ -z "$(printf '%s\n' "$users" | sed -n 2p)" ]; then
        invitation=$($compose logs --no-color --no-log-prefix "$1" 2>/dev/null |
            sed -n 's/.*there is no user yet.*\(#invite=[0-9a-z-]*\).*/\1/p' | tail -n 1)
    fi
    if [ -n "$invitation" ]; then
        echo 'Nobody is here yet. Open this address to become the administrator; it works once, within 7 days:'
        echo
        echo "  $url/$invitation"
        echo
        echo 'Then invite others. See "Who may come in" in docs/operations.md.'
    else
        echo "Open that address in a browser, or run \`make client\`. Administrators invite others."
    fi
}

# Succeeds if a service has a container and all of its containers are healthy.
is_up() {
    containers=$($compose ps --quiet "$1")
    [ -n "$containers" ] || return 1
    for container in $containers; do
        [ "$(docker inspect --format '{{.State.Health.Status}}' "$container" 2>/dev/null)" = healthy ] || return 1
    done
}

bracketed() {
    case $1 in
        \[* | *.*) echo "$1" ;;
        *:*) echo "[$1]" ;;
        *) echo "$1" ;;
    esac
}
