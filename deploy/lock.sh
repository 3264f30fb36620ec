#!/usr/bin/env bash
# Refreshes deploy/locks/*.txt: hashed requirements for Linux and Windows, Python 3.11 to 3.13, without index addresses.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}
"$uv" lock --quiet "$@"
export_to() { "$uv" export --quiet --frozen --no-emit-workspace --no-header --no-annotate --format requirements-txt "${@:2}" -o "deploy/locks/$1.txt" >/dev/null; }
export_to dev --group dev
export_to relay --no-default-groups --package mlconnector-relay
export_to agent --no-default-groups --package mlconnector-agent
export_to sandbox --no-default-groups --package mlconnector-sandbox
awk '/^uv==/{on=1} on{print} on&&!/\\$/{exit}' deploy/locks/dev.txt > deploy/locks/bootstrap.txt
