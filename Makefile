# `make help` lists what there is. Everything is built with the profile `ci` into one target folder:
# tests, the binary that interop tests call, and what lint checks share what they can.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
CI := --locked --profile ci
# Tools that `setup` installs come first: buf, cargo-deny, cargo-fuzz, typos and Python itself.
WITH_TOOLS := PATH="$(CURDIR)/.tools/bin:$$PATH"
# Seconds that each fuzz target runs.
FUZZ_SECONDS ?= 60
# Lines that a source file may have.
LONGEST := 500

.PHONY: help
help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## Start the server with a demo register
	$(CARGO) run --release -- serve --demo

.PHONY: test test-rust test-interop
test: test-rust test-interop ## Install what tests need and run them all

test-rust: setup-python setup-postgres setup-redis ## Run the tests written in Rust, documentation included
	$(CARGO) test $(CI)

test-interop: setup setup-postgres setup-redis setup-deploy ## Run other people's clients against the built server
	$(CARGO) build $(CI)
	export IINSPECT_BIN="$(abspath $(TARGET))/ci/iinspect"
	timeout --kill-after=10 600 .tools/bin/python -m pytest tests/interop
	cd tests/interop/node && timeout --kill-after=10 300 node --test

.PHONY: test-deploy trial-rollout
test-deploy: setup-python setup-deploy setup-images ## Build the image and run it by podman and compose; not part of `test`
	$(CARGO) build $(CI)
	IINSPECT_BIN="$(abspath $(TARGET))/ci/iinspect" timeout --kill-after=10 1200 tests/deploy/images

trial-rollout: setup-python setup-deploy ## Restart two nodes behind Envoy at 70 % of what it carries; BINARY=... for another build
	$(if $(BINARY),,$(CARGO) build $(CI))
	export IINSPECT_BIN="$(abspath $(or $(BINARY),$(TARGET)/ci/iinspect))"
	timeout --kill-after=10 600 .tools/bin/python -m pytest -o faulthandler_timeout=0 -s tests/interop/trial_rollout.py

.PHONY: lint lint-rust lint-proto lint-deps lint-deploy lint-text
lint: lint-rust lint-proto lint-deps lint-deploy lint-text ## Check formatting, lints, docs, contract, dependencies, deploy and spelling

lint-rust: ## Check Rust: format, clippy, the library alone, documentation
	$(CARGO) fmt --check
	$(CARGO) clippy $(CI) --all-targets -- -D warnings
	$(CARGO) check $(CI) --no-default-features --lib
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(CI) --no-deps

lint-proto: setup-python ## Check the contract: lint and format
	$(WITH_TOOLS) buf lint proto
	$(WITH_TOOLS) buf format proto --diff --exit-code

# Offline after the fetch: licences, bans and sources need nothing but the crates themselves.
lint-deps: setup-python ## Check licences, banned crates and sources
	$(CARGO) fetch --locked
	$(WITH_TOOLS) cargo deny --offline check --hide-inclusion-graph licenses bans sources

lint-deploy: setup-python setup-deploy ## Check deploy/ by the tools that read it
	tests/deploy/check

lint-text: setup-python ## Check spelling and the length of files
	$(WITH_TOOLS) typos --config .ci/typos.toml
	@git ls-files '*.rs' '*.py' '*.js' | xargs wc -l | awk -v longest=$(LONGEST) \
		'$$2 != "total" && $$1 > longest { print $$2 ": " $$1 " lines, at most " longest; long = 1 } END { exit long }'

.PHONY: compare-names
compare-names: setup-python ## Compare names beside what people use today
	.tools/bin/python -m pip install -q --disable-pip-version-check --no-deps -r tests/interop/names_peers.txt
	IINSPECT_PAIRS="$(abspath $(TARGET))/names.tsv" $(CARGO) test $(CI) --test names
	.tools/bin/python tests/interop/names_peers.py "$(abspath $(TARGET))/names.tsv"

.PHONY: bench
bench: ## Run the benchmarks; BENCH="name -- filter" for some
	$(CARGO) bench --locked $(if $(BENCH),--bench $(BENCH))

.PHONY: bench-register
bench-register: ## Fill both stores with up to 20,000,000 persons and measure them; ROWS="1000000" for less
	export ROWS="$(or $(ROWS),1000000 20000000)" IMPORT_ROWS="$(or $(IMPORT_ROWS),1000000)"
	$(CARGO) bench --locked --bench register_country

.PHONY: trial-overload
trial-overload: ## Ask a server on one processor for three times what it can answer, for FLOOD_SECONDS (60)
	export FLOOD_SECONDS="$(or $(FLOOD_SECONDS),60)"
	$(CARGO) bench --locked --bench overload

.PHONY: trial-attacks
trial-attacks: ## Attack a server in several ways and see what a client beside it notices
	$(CARGO) bench --locked --bench attacks

.PHONY: trial-signatures
trial-signatures: ## Flood a server on one processor with signatures and see what calls without any notice
	export FLOOD_SECONDS="$(or $(FLOOD_SECONDS),20)"
	$(CARGO) bench --locked --bench signature_flood

.PHONY: bench-cache
bench-cache: setup-postgres setup-redis ## Measure Verify from each tier of the cache beside a bare call
	$(CARGO) bench --locked --bench cache

.PHONY: trial
trial: setup-postgres setup-redis ## Hold two nodes to the history while numbers are excluded and restored
	export TRIAL_CHANGES="$(or $(TRIAL_CHANGES),10000)" TRIAL_READS="$(or $(TRIAL_READS),1000000)"
	$(CARGO) test $(CI) --test it -- coherence --nocapture --test-threads 1

.PHONY: bench-faults
bench-faults: setup-postgres setup-redis ## Break Redis and the register under calls, and say what callers see
	$(CARGO) bench --locked --bench faults

# What a run finds goes to a folder of its own: the committed corpus is read and left as it is. No
# sanitizer: unsafe code is denied here, and without one several times as many texts are tried.
.PHONY: fuzz
fuzz: setup-python ## Fuzz each target for FUZZ_SECONDS
	export $(WITH_TOOLS) RUSTC_BOOTSTRAP=1
	for target in $$(cargo fuzz list); do
		mkdir -p "fuzz/target/corpus/$$target"
		cargo fuzz run --sanitizer none "$$target" "fuzz/target/corpus/$$target" "fuzz/corpus/$$target" -- \
			-max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -print_final_stats=1
	done

.PHONY: docs
docs: ## Write generated documentation and the seeds of the fuzz targets anew
	UPDATE_DOCS=1 $(CARGO) test $(CI) --test it docs
	UPDATE_DOCS=1 $(CARGO) test $(CI) --lib seeds
	UPDATE_DOCS=1 $(CARGO) test $(CI) --test names

.PHONY: descriptors
descriptors: setup-python ## Build the contract's descriptors, which Envoy needs for JSON
	$(WITH_TOOLS) buf build proto --as-file-descriptor-set --exclude-source-info -o deploy/envoy/iinspect.binpb

.PHONY: setup setup-python setup-postgres setup-redis setup-deploy setup-images
setup: ## Install what tests and lint use, once
	tests/interop/setup

setup-python:
	@tests/interop/setup python

setup-postgres:
	@tests/interop/setup postgres

setup-redis:
	@tests/interop/setup redis

setup-deploy:
	@tests/interop/setup deploy

setup-images:
	@tests/interop/setup images

.ONESHELL:
