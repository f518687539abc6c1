# The front door: `make` lists what it can do. Works with GNU make 3.81 and BSD tools, so on macOS as it comes.

BIN  := node_modules/.bin
TSC  := $(BIN)/tsc -p tsconfig.json
# npm's cache and logs stay in this folder too.
NPM  := npm --no-audit --no-fund --no-update-notifier --loglevel=error --logs-max=0 --cache=.tools/npm
# The demo's data, where a demo has loaded it.
DATA ?= $(if $(wildcard .demo/loaded),.demo,.coppice)
# The search kernel: AssemblyScript, compiled apart from all else.
KERNEL         := dist/src/engine/kernel/kernel.wasm
KERNEL_SOURCES := $(wildcard src/engine/kernel/assembly/*.ts)

# Opens a recipe line that needs a broker: the server that `nats-server` found or fetched, and its path handed on. What
# follows is run with `exec`, so that Ctrl-C and signals reach it and nothing stands between.
WITH_NATS = NATS_SERVER="$$(scripts/get-nats.sh)" && export NATS_SERVER &&

.PHONY: help setup build demo up dev test simulate chaos lint format bench bench-engine clean check-node nats-server

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: node_modules/.package-lock.json nats-server ## Install what is missing: npm packages and nats-server
	@$(WITH_NATS) echo "ready: node $$(node --version), $$("$$NATS_SERVER" --version)"

build: node_modules/.package-lock.json $(KERNEL) ## Compile to dist/
	@$(TSC)
	@node scripts/prune-dist.mjs

demo: build nats-server ## Start a small cluster with data, search it, break it, and leave nothing behind
	@$(WITH_NATS) exec node dist/actors/demo/main.js

up: build nats-server ## Start a cluster that stays, on the demo's data if there is any (DATA=<folder> for other data)
	@$(WITH_NATS) exec node dist/actors/cli/main.js up --data "$(DATA)"

dev: node_modules/.package-lock.json $(KERNEL) nats-server ## The same from the sources, restarted at each change
	@$(WITH_NATS) exec $(BIN)/tsx watch actors/cli/main.ts up --data "$(DATA)"

test: build nats-server ## Run the tests (ONLY=<part of a path> for some of them)
	@$(WITH_NATS) exec node --enable-source-maps dist/test/main.js $(ONLY)

simulate: build ## Run seeded stories of a simulated cluster (SEEDS=<how many> FROM=<first>; SEED=<n> tells one)
	@exec node --enable-source-maps dist/test/scenario/support/run-seeds.js $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),500) --from $(or $(FROM),1)) $(if $(MS),--ms $(MS))

chaos: build nats-server ## Break a cluster of real processes, and judge what it kept (MINUTES=<n> SEED=<n> SERVERS=1,3 FAULTS=<names>)
	@$(WITH_NATS) exec node --enable-source-maps dist/test/cluster/chaos/support/run.js --minutes $(or $(MINUTES),2) --seed $(or $(SEED),1) $(if $(SERVERS),--servers $(SERVERS)) $(if $(FAULTS),--faults $(FAULTS))

lint: node_modules/.package-lock.json ## Check format, rules, imports, types and the package
	@scripts/lint.sh

format: node_modules/.package-lock.json ## Format all files and sort imports
	@$(BIN)/biome check --write .

bench: build nats-server ## Measure everything in bench/ (ONLY=<name> for one); prints JSON lines
	@$(WITH_NATS) exec node dist/bench/run.js $(ONLY)

bench-engine: build ## Measure the search engine alone, without a broker
	@exec node dist/bench/run.js engine/

clean: ## Remove what was built; keeps packages, tools and the data of `make up`
	rm -rf dist .demo

$(KERNEL): $(KERNEL_SOURCES) scripts/build-kernel.mjs node_modules/.package-lock.json
	@node scripts/build-kernel.mjs $@

# npm writes this file last, so it is the stamp of a finished install. `npm ci` empties the folder first, so one that
# other clones share through a link is left alone.
node_modules/.package-lock.json: package.json package-lock.json | check-node
	@if [ -L node_modules ]; then \
	  echo "node_modules is a link to $$(readlink node_modules), and its packages are missing or older than package-lock.json:" >&2; \
	  echo "installing would empty that folder; install there, or remove the link" >&2; exit 1; fi
	@echo 'installing npm packages'
	@$(NPM) ci
	@rm -rf .tools/npm
	@touch $@

# A recipe of its own, so that a signal to make reaches the installer, too.
nats-server:
	@exec scripts/get-nats.sh >/dev/null

check-node:
	@sh scripts/check-node.sh
