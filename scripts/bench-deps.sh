#!/usr/bin/env bash
# Puts what `make bench` compares with into private environments under bench-data/: DuckDB, the flights data, and two
# Python targets, each with its own environment because they want different versions of the same packages.
# Does nothing when they are there already.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/venv.sh

ensure_venv bench-data/venv-duckdb bench/requirements.txt
ensure_venv bench-data/venv-meltanolabs-target-csv bench/requirements-meltanolabs-target-csv.txt
ensure_venv bench-data/venv-target-s3-jsonl bench/requirements-target-s3-jsonl.txt
