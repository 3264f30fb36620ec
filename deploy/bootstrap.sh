#!/usr/bin/env bash
# Creates .venv from the hashed locks and installs the workspace members, named as arguments, editable.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p var

python=""
for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3; do
  [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
  if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
  echo "setup: Python 3.11, 3.12 or 3.13 is missing. Install it: apt-get install -y python3 python3-venv" >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  echo "setup: $python has no venv module. Install it: apt-get install -y python3-venv" >&2
  exit 1
fi

echo "setup: virtual environment from $("$python" --version) ..."
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/locks/bootstrap.txt
.venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes deploy/locks/dev.txt
members=()
for member in "$@"; do members+=(-e "$member"); done
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation "${members[@]}"
echo "setup: .venv is ready"
