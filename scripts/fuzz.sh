#!/usr/bin/env bash
# Builds the fuzz targets with libFuzzer on the stable compiler, and runs each of them for so many seconds:
#     scripts/fuzz.sh SECONDS [TARGET…]
# What they learn stays in fuzz/corpus; an input that fails is kept in fuzz/artifacts, and running the same binary on
# that file shows the failure again.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
seconds=$1
shift
[ $# -gt 0 ] || set -- import line schema template
command -v c++ >/dev/null || {
    echo "the fuzz targets need a C++ compiler (Debian: g++)" >&2
    exit 1
}

# With --target, flags reach what is fuzzed, but not build scripts and macros, which have no libFuzzer to count for.
host=$(rustc -vV | sed -n 's/^host: //p')
target_dir=${CARGO_TARGET_DIR:-target}
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing"
RUSTFLAGS=$(echo $RUSTFLAGS)
cargo build --release --target "$host" --target-dir "$target_dir"

for name in "$@"; do
    echo "-- $name, $seconds s"
    mkdir -p "corpus/$name" "artifacts/$name"
    log=artifacts/$name.log
    if ! "$target_dir/$host/release/$name" "corpus/$name" "seeds/$name" -artifact_prefix="artifacts/$name/" \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        exit 1
    fi
    grep -E '^(Done|stat::(number_of_executed_units|average_exec_per_sec|new_units_added|peak_rss_mb))' "$log"
done
