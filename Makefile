# What one does with linger from a checkout. Anything longer than a line is a script in scripts/.
#
# ADDRESS and PORT reach the scripts through the environment, where make puts what its command line sets.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help start stop restart status logs client up scale down test check lint crash torture bench \
	bench-peers bench-cluster bench-page test-page client-follow client-latency client-torture schemathesis clean toolchain

# How often `make crash` kills the server.
CYCLES ?= 20
# What `make bench` fills: held polls, one number after the other; who hears one message; the largest database.
HELD ?= 1000,10000,18000
AUDIENCE ?= 10000
STORED ?= 10000000
# What `make bench-cluster` fills.
NODES ?= 5
POLLS ?= 15000
# What `make client-torture` goes through.
MESSAGES ?= 10000
RESTARTS ?= 20
# How many requests `make schemathesis` and `make test` make on each database, and what they are drawn from.
export CASES ?= 2000
export SEED ?= 1
# How often `make client-follow` kills the client.
KILLS ?= 100

help: ## this list
	@scripts/help $(firstword $(MAKEFILE_LIST))

start: ## build the server, start it in the background and say what to try
	@scripts/start

stop: ## stop the server and wait until it is gone
	@scripts/stop

restart: ## build the server anew, then stop and start it
	@scripts/restart

status: ## say whether the server runs, where, and whether it is well
	@scripts/status

logs: ## show the server's log, and go on showing it
	@scripts/logs

client: ## build the client and chat on the server that runs
	@scripts/client

up: ## run PostgreSQL and one server in containers (Docker)
	@scripts/up

scale: ## run N servers in containers behind a proxy, or change how many there are
	@scripts/scale

down: ## stop and remove the containers; what was said is kept
	@scripts/down

test: toolchain ## run every test, the server's on SQLite and then on PostgreSQL
	@scripts/test-tools
	@scripts/test

test-page: toolchain ## run the page's tests alone, in a browser; pictures are in browser/screenshots
	@scripts/test-tools
	cargo build -p linger-server
	npm --prefix browser test

check: lint test ## lint, then test: what a change has to pass

lint: toolchain ## format, clippy and the documentation, where every warning is an error
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings -A rustdoc::private_intra_doc_links' \
		cargo doc --workspace --no-deps --document-private-items

crash: toolchain ## kill the server CYCLES times while it is written to, and look for lost messages
	LINGER_CRASH_CYCLES=$(CYCLES) cargo test --release -p linger-server --test it -- crash --nocapture

torture: toolchain ## run several nodes under load and faults, and judge what clients were told
	@scripts/torture

client-follow: toolchain ## kill `linger read --follow` KILLS times, and look for lost and doubled lines
	cargo build -p linger-server
	LINGER_KILLS=$(KILLS) cargo test -p linger-client --test it -- following --nocapture

bench: toolchain ## measure linger against what is underneath and beside it, all of it: about half an hour
	@scripts/test-tools
	cargo build --release -p linger-server -p linger-bench
	target/release/linger-bench hold --polls $(HELD)
	target/release/linger-bench fan-out --polls $(AUDIENCE) --ways polls,streams --turns 3
	target/release/linger-bench slow-readers
	target/release/linger-bench rooms --users $(AUDIENCE)
	target/release/linger-bench sends --turns 3 --seconds 3
	target/release/linger-bench catch-up --polls $(AUDIENCE)
	target/release/linger-bench growth --messages $(STORED)
	target/release/linger-bench databases --turns 3
	target/release/linger-bench across --messages 100

bench-peers: ## install what is measured beside linger: nginx with nchan (Debian, root)
	@scripts/bench-peers

bench-cluster: toolchain ## fill NODES nodes with POLLS held polls each: memory, and one message for all
	@scripts/test-tools
	cargo build --release -p linger-server -p linger-bench
	target/release/linger-bench cluster --nodes $(NODES) --polls $(POLLS)

bench-page: toolchain ## measure the page: from one browser to another, what it weighs, when it is painted
	@scripts/test-tools
	cargo build --release -p linger-server
	npm --prefix browser run bench

client-torture: toolchain ## two clients, MESSAGES messages, the server killed RESTARTS times: each shown once, in order
	cargo build -p linger-server
	LINGER_TORTURE_MESSAGES=$(MESSAGES) LINGER_TORTURE_RESTARTS=$(RESTARTS) \
		cargo test -p linger-client --test it -- torture --nocapture

client-latency: toolchain ## from a send's 201 to the line on another client's screen, on an idle machine
	cargo build -p linger-server
	LINGER_LATENCY_MESSAGES=1000 cargo test -p linger-client --test it -- latency --nocapture

schemathesis: toolchain ## CASES requests that the API description makes one think of, on each database
	@scripts/test-tools
	@scripts/schemathesis

clean: toolchain ## remove what was built; var/, with the chats in it, stays
	cargo clean
	@echo 'var/ is left alone: the database, the signing key and the log are in it.'

toolchain:
	@scripts/toolchain
