# The containers that `make up` and `make scale` bring up: which compose is here, and whether they are well.
# The scripts read this file after server.sh, from the top of the checkout.
# shellcheck shell=sh disable=SC2154

# Sets `compose` to Docker Compose as it is called here: a command of docker's, or the older program.
find_compose() {
    command -v docker >/dev/null ||
        fail 'this needs Docker, and there is no docker on the PATH: see https://docs.docker.com/get-docker/'
    docker ps >/dev/null 2>&1 ||
        fail "docker is here, but its daemon does not answer: it does not run, or $(id -un) may not use it"
    if docker compose version >/dev/null 2>&1; then
        compose='docker compose'
    elif command -v docker-compose >/dev/null; then
        compose=docker-compose
    else
        fail 'this needs Docker Compose, and docker has none: see https://docs.docker.com/compose/install/'
    fi
}

# Builds the image, then brings a profile's containers up in place of another's:
# `bring_up PROFILE FRONT OTHER-PROFILE OTHERS ARGUMENTS-OF-UP…`, where FRONT is the service that is published.
bring_up() {
    COMPOSE_PROFILES=$1
    front=$2
    other=$3
    others=$4
    shift 4
    LINGER_ADDRESS=$(bracketed "${ADDRESS:-${LINGER_ADDRESS:-127.0.0.1}}")
    LINGER_PORT=${PORT:-${LINGER_PORT:-8000}}
    export COMPOSE_PROFILES LINGER_ADDRESS LINGER_PORT

    echo 'building the image; the first time takes some minutes …'
    $compose build --quiet >&2 || fail 'the image was not built, for the reason above'
    # Both forms publish the same port.
    # shellcheck disable=SC2086
    COMPOSE_PROFILES=$other $compose rm --stop --force $others >/dev/null 2>&1 || :
    $compose up --detach "$@" >&2 || fail "linger did not come up, for the reason above; $compose logs may say more"
    within 90 is_up "$front" ||
        fail "the containers run, but are not healthy after 90 seconds; $compose logs may say why"
    split "$LINGER_ADDRESS:$LINGER_PORT"
}

# Whether every container of a service is healthy, and there is one.
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
