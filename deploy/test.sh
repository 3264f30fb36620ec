#!/usr/bin/env bash
# Runs the tests under branch coverage and holds the thresholds. Arguments: workers, paths.
set -euo pipefail
cd "$(dirname "$0")/.."
workers=$1; shift
rm -rf var/coverage; mkdir -p var/coverage
.venv/bin/coverage run -m pytest -q -n "$workers" "$@"
[ "$*" = tests ] || exit 0
# A child killed while it wrote its data leaves a file nobody can read: combine says so and goes on.
.venv/bin/coverage combine -q || echo "coverage: some data of killed processes could not be read"
.venv/bin/coverage report --skip-covered --sort=cover > var/coverage/report.txt || true
tail -n 40 var/coverage/report.txt
.venv/bin/python -m tests.support.coverage_gate
