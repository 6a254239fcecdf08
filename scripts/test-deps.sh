#!/usr/bin/env bash
# Installs what the tests need besides Rust: a C and C++ compiler and Python from Debian (only as root, only if missing),
# and into .venv, pinned, moto (an S3 server), boto3, a Singer tap and a package that ships a real CSV data set, and into
# .venv/import-clients what pushes to the Import API, and into .venv/schemathesis what asks the management API. For the
# browser tests also Chromium with its driver and npm from Debian, and into .venv/web, pinned, axe-core (rules for
# accessibility).
# Does nothing when all of it is there already.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/venv.sh

missing=()
{ command -v cc && command -v c++; } >/dev/null || missing+=(build-essential)
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3 python3-venv)
command -v chromium >/dev/null || missing+=(chromium)
command -v chromedriver >/dev/null || missing+=(chromium-driver)
command -v npm >/dev/null || missing+=(npm)
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "the tests need ${missing[*]}: install them with your system's package manager, then run this again" >&2
        exit 1
    fi
    echo "installing ${missing[*]}" >&2
    apt-get update -qq </dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
fi
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
    echo "the tests need Python 3.10 or newer, found $(python3 --version)" >&2
    exit 1
}

ensure_venv .venv scripts/requirements-test.txt
ensure_venv .venv/import-clients scripts/requirements-import-clients.txt

if ! cmp -s scripts/web/package-lock.json .venv/web/package-lock.json; then
    mkdir -p .venv/web
    cp scripts/web/package.json .venv/web/
    cp scripts/web/package-lock.json .venv/web/package-lock.json
    (cd .venv/web && npm ci --silent --no-audit --no-fund --ignore-scripts </dev/null) || {
        rm -f .venv/web/package-lock.json
        exit 1
    }
fi
ensure_venv .venv/schemathesis scripts/requirements-schemathesis.txt
