# Everyday commands for a checkout of linger. Anything longer than a line is a script in scripts/.
#
# Variables such as PORT reach the scripts through the environment: make exports what its command line sets.
# `make help` prints this file's `##` comments.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help start stop restart status logs client dist up scale down clean check lint test torture bench

## linger: a long-polling chat
##
## Run
help: ## Show this list
	@scripts/help

start: ## Build the server, start it in the background and show what to try
	@scripts/start

stop: ## Stop the server and wait until it has ended
	@scripts/stop

restart: ## Build the server, then restart it
	@scripts/restart

status: ## Show whether the server is running, where, and whether it is healthy
	@scripts/status

logs: ## Show the server's log and follow it
	@scripts/logs

client: ## Build the terminal client and chat on the running server
	@scripts/client

dist: ## Build both programs as they are shipped: stripped, their line tables beside them
	@scripts/dist

up: ## Run PostgreSQL and one server in containers (Docker)
	@scripts/up

scale: ## Run N servers in containers behind a proxy, or change their number
	@scripts/scale

down: ## Stop and remove the containers, but keep their chats
	@scripts/down

clean: ## Remove what was built, but keep var/ and its chats
	@scripts/toolchain
	cargo clean

##
##   ADDRESS, PORT   where the server listens (start, restart, up, scale) or where to find it (status, client)
##   N               the number of servers (scale) [3]
##   LINGERD         a lingerd that is already built, with linger beside it (start, restart, client)
##
## Test
check: lint test ## Lint and test: what every change has to pass

lint: ## Check the format, clippy and the documentation; warnings are errors
	@scripts/toolchain
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings -A rustdoc::private_intra_doc_links' \
		cargo doc --workspace --no-deps --document-private-items

test: ## Run every test, the server's on SQLite and on PostgreSQL
	@scripts/test

##     WHAT=page     only the web page's tests, in Node and a browser; DELAY_MS slows down each of its calls [0]
##     WHAT=fuzz     only CASES requests [2000] made from the API description, on each database; SEED varies them [1]
torture: ## Run several servers under load and faults, and check what clients were told
	@scripts/torture

##     SIZE=full     the long runs, about an hour; RUN='--nodes 2 …' is a single run, RUN=--help lists its options
##     WHAT=crash    kill one server CYCLES times [20] during writes, and look for lost messages
##     WHAT=client   kill the server RESTARTS times [20] while two clients type MESSAGES [10000] messages
##     WHAT=follow   kill `linger read --follow` KILLS times [100], and look for lost or repeated lines
##
## Measure
bench: ## Measure the server against others and itself, about 45 minutes
	@scripts/bench

##     WHAT=hold, fan-out, edits, slow-readers, unread-answers, rooms, sends, catch-up, away, growth,
##                   databases, across, greedy or sign-in:
##                   only that part; HELD lists numbers of held polls [1000,10000,18000], AUDIENCE is the number of
##                   readers [10000], MISSED the number of messages to catch up with after a month [1000000],
##                   STORED the number of messages in the largest database [10000000]
##     WHAT=cluster  memory and fan-out on NODES nodes [5] with POLLS held polls each [15000]
##     WHAT=page     the web page: its weight, its first paint, and from one browser to another
##     WHAT=latency  from an answer to another client's screen: a message, and a count that was
##                   read elsewhere; needs an idle machine
##     WHAT=peers    install what `make bench` compares with: nginx with nchan (Debian, root)

# Shorter names for the parts.
test-%: ; @$(MAKE) --no-print-directory test WHAT=$*
torture-%: ; @$(MAKE) --no-print-directory torture WHAT=$*
bench-%: ; @$(MAKE) --no-print-directory bench WHAT=$*
# Former names.
schemathesis: ; @$(MAKE) --no-print-directory test WHAT=fuzz
crash: ; @$(MAKE) --no-print-directory torture WHAT=crash
client-torture: ; @$(MAKE) --no-print-directory torture WHAT=client
client-follow: ; @$(MAKE) --no-print-directory torture WHAT=follow
client-latency: ; @$(MAKE) --no-print-directory bench WHAT=latency
