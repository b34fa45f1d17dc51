# The server in an image of its own: lingerd, the C library it is linked to, and neither shell nor package
# manager. State is in /var/lib/linger; nothing else is written, so the root file system may be read-only.
#
#     docker build -t linger .
#     docker run --cap-add SYS_PTRACE -p 127.0.0.1:8000:8000 -v linger:/var/lib/linger linger
#
# That runs on SQLite. docker-compose.yml runs it on PostgreSQL. The client is not in here: it is a program of
# the terminal (`make client`), and what a server does not have cannot be used against it.

FROM rust:1.95-slim-bookworm AS toolchain
# The allocator is built by its own makefile.
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /linger

# What decides which dependencies are built, and how: every manifest, the lock file, and an empty program for
# each source that a manifest implies. `COPY --from` compares contents, so as long as these stay the same the
# dependencies, which are minutes of work, come from the cache. cargo-chef does this too, but is one more tool
# to fetch and trust; BuildKit's cache mounts do not exist in the builder that Docker has without BuildKit.
FROM toolchain AS skeleton
COPY . .
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock ! -path '*/.cargo/config.toml' \
        ! -name build.rs ! -path '*/src/main.rs' ! -path '*/src/lib.rs' ! -path '*/src/bin/*.rs' -delete \
    && find . -type d -empty -delete \
    && find . -name '*.rs' -exec sh -c 'for file; do echo "fn main() { }" >"$file"; done' sh {} +

FROM toolchain AS build
COPY --from=skeleton /linger .
RUN cargo build --release --locked -p linger-server
COPY api api
COPY server server
COPY migrations migrations
# COPY keeps the times of files, and cargo takes a source that is older than the empty program for built: hence
# `touch`, and a look at whether the program has anything to say, and the page in it. Symbols stay, for the names in a
# backtrace.
RUN find api server migrations -type f -exec touch {} + \
    && cargo build --release --locked -p linger-server \
    && strip --strip-debug -o /lingerd target/release/lingerd \
    && /lingerd --version | grep -q '^lingerd ' \
    && grep -q '<title>linger' /lingerd \
    && mkdir /state

# Debian 12, as the toolchain is, so that the C library is the one lingerd was built with. It adds user 65532,
# the certificates of public authorities and time zones. Scratch with libraries copied by hand would be as
# small and nobody's to keep; musl would allocate more slowly.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="linger" \
      org.opencontainers.image.description="A chat over long polls" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /lingerd /usr/local/bin/lingerd
# A new volume takes its owner from here.
COPY --from=build --chown=65532:65532 /state /var/lib/linger
ENV ROCKET_ADDRESS=0.0.0.0 \
    DATABASE_URL=sqlite:/var/lib/linger/linger.db \
    ROCKET_CHAT__SIGNING_KEY_FILE=/var/lib/linger/signing.key
USER 65532:65532
WORKDIR /var/lib/linger
VOLUME /var/lib/linger
EXPOSE 8000
# It says that the server cannot do its work, and not that a restart would help: while the database is away,
# only its return does.
HEALTHCHECK --interval=5s --timeout=8s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/lingerd", "healthcheck"]
# As process 1 lingerd gets docker's SIGTERM itself: it answers held polls, saves what is in memory and ends.
ENTRYPOINT ["/usr/local/bin/lingerd"]
