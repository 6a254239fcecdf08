# `make` lists what there is to do. Each target's line after ## is its help.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
SECONDS_PER_FUZZ_TARGET ?= 30
BENCH ?=
SOAK ?= --minutes 5
BENCH_PYTHON := bench-data/venv-duckdb/bin/python

.PHONY: help demo build test test-deps lint fmt check bench bench-docs soak docs docs-generated links audit fuzz clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  %-14s %s\n", $$1, $$2 }'

demo: ## load a bundled sample as JSONL and as CSV into a folder, and show what landed
	$(CARGO) run --release --bin landfall -- demo

build: ## build the release binary, target/release/landfall
	$(CARGO) build --release --bin landfall

test: test-deps ## run every test, after installing what the tests need
	@export LANDFALL_TEST_VENV="$(CURDIR)/.venv"; \
	if $(CARGO) nextest --version >/dev/null 2>&1; then \
		$(CARGO) nextest run --workspace; \
	else \
		echo "cargo-nextest is not installed: using cargo test"; \
		$(CARGO) test --workspace --lib --bins --tests --examples; \
	fi
	$(CARGO) test --workspace --doc

test-deps: ## install what the tests need: C and C++ compilers and Python (Debian, as root), Python packages into .venv
	@scripts/test-deps.sh

lint: links ## formatting, clippy, rustdoc, links of the documentation; any warning fails
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --document-private-items --quiet
	python3 -B bench/make_demo_data.py --check

fmt: ## format the code
	$(CARGO) fmt --all
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml

check: lint test ## what CI runs, before it fuzzes for a moment

links: ## check the relative links of README.md and docs/
	python3 scripts/check-links.py

bench: ## measure landfall load and serve beside floors, DuckDB and Python targets (BENCH="--quick orders intake")
	scripts/bench-deps.sh
	$(BENCH_PYTHON) -B bench/run.py $(BENCH)

bench-docs: BENCH = --write-docs
bench-docs: bench ## the same, and write docs/src/reference/speed.md

soak: build ## push to landfall serve and kill it at random moments, then account for every record (SOAK="--minutes 60")
	python3 -B bench/soak.py $(SOAK)

docs: links ## build the handbook into docs/book (needs mdbook: cargo install mdbook)
	mdbook build docs

docs-generated: ## write what README.md and docs/ take from the code: settings, check errors, OpenAPI
	UPDATE_DOCS=1 $(CARGO) test --quiet -p landfall-core --test settings_pages
	UPDATE_DOCS=1 $(CARGO) test --quiet -p landfall-setup --test check_errors_page
	UPDATE_DOCS=1 $(CARGO) test --quiet -p landfall-http --test manage the_document_in_the_repository

audit: ## licences, advisories, unused dependencies (needs cargo install cargo-deny cargo-machete)
	$(CARGO) deny check
	$(CARGO) machete

fuzz: ## fuzz each target for SECONDS_PER_FUZZ_TARGET (needs a C++ compiler, nothing else)
	scripts/fuzz.sh $(SECONDS_PER_FUZZ_TARGET)

clean: ## remove everything that was built, installed or measured here
	$(CARGO) clean
	rm -rf .venv bench-data docs/book landfall-demo fuzz/target fuzz/corpus fuzz/artifacts
