# Everything a developer or a user runs. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Build results are kept outside the clone, so that a second clone is built in seconds.
RUST_VERSION := $(shell rustc -V 2>/dev/null | cut -d' ' -f2)
export CARGO_TARGET_DIR ?= $(or $(QUARTIER_TARGET_DIR),$(HOME)/.cache/quartier/target-$(RUST_VERSION))
export CARGO_TERM_COLOR ?= never
CARGO_FLAGS := --locked --workspace

# Debian packages that the tests need: a PostgreSQL with PostGIS, a browser, fonts for its pictures, and Python for the
# strict tile checker.
TEST_PACKAGES := postgresql-15-postgis-3 chromium fonts-dejavu-core python3

# Where `make bench` finds the open data, and which goals it measures; all without a name.
DATA ?= ../shared/data
GOALS ?=
# What `make screenshots` shows; the demonstration without a name.
CAMPAIGN ?=

.PHONY: help demo test bench bars web web-test journeys paris-journeys screenshots packages lint rust-test

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: web ## Build Quartier, make an invented campaign, and serve it on http://127.0.0.1:8787
	cargo build $(CARGO_FLAGS) --bins
	"$(CARGO_TARGET_DIR)/debug/quartier" demo $(DEMO_FLAGS)

test: packages web lint rust-test web-test journeys ## Run every check; installs PostGIS and Chromium if they are not there

bench: web ## Measure against the peers (not in `make test`): the report goes to .build/bench/report.md; GOALS='import results' for some
	benches/peers.sh
	cargo build $(CARGO_FLAGS) --profile bench --bins
	"$(CARGO_TARGET_DIR)/release/quartier-benches" run $(GOALS) --data "$(DATA)" \
	  --quartier "$(CARGO_TARGET_DIR)/release/quartier"
	@if [ -z "$(GOALS)" ]; then \
	  export QUARTIER_SHARED="$(abspath $(DATA)/..)"; \
	  cargo build --locked -p quartier-estimate --profile bench --examples; \
	  "$(CARGO_TARGET_DIR)/release/examples/against_lme4" | tee -a .build/bench/report.md; \
	  "$(CARGO_TARGET_DIR)/release/examples/engine_cost" curve .build/bench/engine-cost.svg | tee .build/bench/engine-cost.md; \
	  web/bench/run.sh "$(CARGO_TARGET_DIR)/release/quartier" "$(CURDIR)/.build/bench/france" | tee .build/bench/page.txt; fi

bars: ## Forecast real elections again beside the peers, half an hour of CPU; the tables go to .build/bench/forecasts.md
	mkdir -p .build/bench
	cargo build --locked -p quartier-estimate --profile bench --example bars
	QUARTIER_SHARED="$(abspath $(DATA)/..)" "$(CARGO_TARGET_DIR)/release/examples/bars" | tee .build/bench/forecasts.md

packages: ## Install what the tests need (Debian, as root or with sudo)
	@missing=(); for package in $(TEST_PACKAGES); do \
	  dpkg -s "$$package" >/dev/null 2>&1 || missing+=("$$package"); done; \
	if [ "$${#missing[@]}" -gt 0 ]; then \
	  echo "installing $${missing[*]}"; \
	  as=(); [ "$$(id -u)" = 0 ] || as=(sudo); \
	  "$${as[@]}" apt-get update -qq; \
	  "$${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; \
	fi

web: ## Build the page that the server embeds
	cd web && npm ci --no-audit --no-fund --loglevel=error && npm run build

lint: ## Formatting and lints
	cargo fmt --all -- --check
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings

rust-test: ## Tests of the crates, on SQLite and on a throw-away PostGIS
	cargo build $(CARGO_FLAGS) --bins
	cargo test $(CARGO_FLAGS) --all-targets

web-test: ## Types, lints and unit tests of the page
	cd web && npm run check && npm test

journeys: paris-journeys ## Journeys in Chromium on the demonstration and on Paris, served by the real binary
	cd web && ../tests/with-demo.sh "$(CARGO_TARGET_DIR)/debug/quartier" npm run --silent journeys --

paris-journeys: ## Journeys in Chromium on Paris by polling station
	cargo build $(CARGO_FLAGS) --bins
	cd web && ../tests/with-paris.sh "$(CARGO_TARGET_DIR)/debug/quartier" "$(abspath $(DATA))" node tests/real.mjs

screenshots: web ## Pictures of the page in its languages, themes and widths, into .build/screenshots; of CAMPAIGN=DIR, else the demonstration
	cargo build $(CARGO_FLAGS) --bins
	cd web && pictures() { npm run --silent screenshots -- "$$1" ../.build/screenshots; }; export -f pictures; \
	  quartier="$(CARGO_TARGET_DIR)/debug/quartier"; \
	  if [ -n "$(CAMPAIGN)" ]; then \
	    QUARTIER_CAMPAIGN="$(abspath $(CAMPAIGN))" ../tests/with-server.sh "$$quartier" serve --listen 127.0.0.1:0 -- bash -c 'pictures "$$1"' --; \
	  else ../tests/with-demo.sh "$$quartier" bash -c 'pictures "$$1"' --; fi
