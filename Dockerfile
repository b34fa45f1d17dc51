# Builds an image of the server: lingerd and the C library it links to, without a shell or a package manager. State is
# in /var/lib/linger. Nothing else is written, so the root file system may be read-only.
#
#     docker build -t linger .
#     docker run -p 127.0.0.1:8000:8000 -v linger:/var/lib/linger linger
#
# At the first start it logs an invitation for the first administrator.
#
# This runs on SQLite. docker-compose.yml runs it on PostgreSQL. The image leaves the client out: that is a terminal
# program (`make client`), and a server should contain nothing that it does not need.

FROM rust:1.95-slim-bookworm AS toolchain
# jemalloc builds with its own makefile.
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /linger

# Keeps only what determines the dependencies and how they are built: the manifests, the lock file, and an empty
# program for each source that a manifest implies. `COPY --from` compares contents, so the compiled dependencies
# (minutes of work) come from the cache while these files stay the same. cargo-chef does the same, but is another tool
# to download and trust. Cache mounts need BuildKit, which Docker may lack.
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
# COPY preserves modification times, and cargo skips a source that is older than the compiled empty program. Hence the
# `touch`, and the checks that the program prints its version and contains the web page. Symbols stay, so that
# backtraces have names.
RUN find api server migrations -type f -exec touch {} + \
    && cargo build --release --locked -p linger-server \
    && strip --strip-debug -o /lingerd target/release/lingerd \
    && /lingerd --version | grep -q '^lingerd ' \
    && grep -q '<title>linger' /lingerd \
    && mkdir /state

# Debian 12, like the toolchain, so the C library is the one that lingerd was built with. The image adds user 65532, CA
# certificates and time zones. Copying the libraries into `scratch` would be as small, but we would have to keep them up
# to date. musl allocates more slowly.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="linger" \
      org.opencontainers.image.description="A chat over long polls" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /lingerd /usr/local/bin/lingerd
# A new volume inherits this owner.
COPY --from=build --chown=65532:65532 /state /var/lib/linger
ENV ROCKET_ADDRESS=0.0.0.0 \
    DATABASE_URL=sqlite:/var/lib/linger/linger.db \
    ROCKET_CHAT__INVITE_FIRST_ADMIN=true \
    ROCKET_CHAT__SIGNING_KEY_FILE=/var/lib/linger/signing.key
USER 65532:65532
WORKDIR /var/lib/linger
VOLUME /var/lib/linger
EXPOSE 8000
# Unhealthy means that the server cannot do its work, not that a restart would help. If the database is away, only its
# return helps.
HEALTHCHECK --interval=5s --timeout=8s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/lingerd", "healthcheck"]
# As process 1, lingerd receives Docker's SIGTERM itself. It answers held polls, saves what is in memory and exits.
ENTRYPOINT ["/usr/local/bin/lingerd"]
