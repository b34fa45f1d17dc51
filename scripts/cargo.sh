# Builds with cargo, and finds what it built: the settings may put it anywhere (CARGO_TARGET_DIR, and `target-dir` or
# `target` in one of cargo's files). Scripts source this file from the top of the checkout.
# shellcheck shell=sh

# Builds with these arguments of `cargo build`, and sets `messages` to what cargo tells about each program.
cargo_build() {
    messages=$(cargo build --message-format=json-render-diagnostics "$@") || return
}

# Prints the path of a program that `cargo_build` built.
built() {
    printf '%s\n' "$messages" | sed -n "s|.*\"executable\":\"\([^\"]*/$1\)\".*|\1|p" | tail -n 1
}

# Prints the folder of everything that is built.
target_folder() {
    folder=$(cargo metadata --no-deps --offline --format-version 1 2>/dev/null) &&
        printf '%s\n' "$folder" | sed 's/.*"target_directory":"\([^"]*\)".*/\1/' ||
        printf '%s\n' "${CARGO_TARGET_DIR:-target}"
}
