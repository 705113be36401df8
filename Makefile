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

test-rust: setup-postgres ## Run the tests written in Rust, documentation included
	$(CARGO) test $(CI)

test-interop: setup ## Run other people's clients against the built server
	$(CARGO) build $(CI)
	export IINSPECT_BIN="$(abspath $(TARGET))/ci/iinspect"
	timeout --kill-after=10 600 .tools/bin/python -m pytest tests/interop
	cd tests/interop/node && timeout --kill-after=10 300 node --test

.PHONY: lint lint-rust lint-proto lint-deps lint-text
lint: lint-rust lint-proto lint-deps lint-text ## Check formatting, lints, docs, contract, dependencies and spelling

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

.PHONY: setup setup-python setup-postgres
setup: ## Install what tests and lint use, once
	tests/interop/setup

setup-python:
	@tests/interop/setup python

setup-postgres:
	@tests/interop/setup postgres

.ONESHELL:
