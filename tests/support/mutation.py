"""Mutation testing of one module of the relay: `python -m tests.support.mutation sap/taxes.py [SECONDS]`.

mutmut changes the module in hundreds of small ways, and runs its tests and the postings that were derived by hand
against each. What no test notices is a survivor. It works in a folder of its own under var/, because it expects one
package in one `src`.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.test_architecture import TESTED_ELSEWHERE

__all__ = ["main", "tests_of"]

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "var" / "mutation"
SECONDS = 900
"""How long a module may take, unless said otherwise."""

BY_HAND = "tests/oracle/test_by_hand.py"

SETTINGS = """\
[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/mlconnector_relay/{module}"]
also_copy = ["deploy", "docs"]
pytest_add_cli_args = ["-p", "no:xdist", "-p", "no:randomly", "-x", "-q", "--import-mode=importlib"]
pytest_add_cli_args_test_selection = {tests}

[tool.pytest.ini_options]
pythonpath = ["."]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
timeout = 120
"""


def tests_of(module: str) -> list[str]:
    """Return a module's tests, at its mirrored path or where they stand instead, and the postings by hand."""
    path = Path(module)
    mirrored = f"tests/unit/relay/{path.parent}/test_{path.stem}.py"
    own = mirrored if (ROOT / mirrored).exists() else TESTED_ELSEWHERE[f"relay/{module}"][0]
    return [own, BY_HAND]


def main() -> None:
    """Run mutmut on a module, and print what survived or was not reached in time."""
    module, seconds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    shutil.rmtree(WORK, ignore_errors=True)
    shutil.copytree(ROOT / "relay" / "src" / "mlconnector_relay", WORK / "src" / "mlconnector_relay")
    for name in ("tests", "docs", "deploy/relay"):
        shutil.copytree(ROOT / name, WORK / name)
    (WORK / "pyproject.toml").write_text(SETTINGS.format(module=module, tests=tests_of(module)), "utf-8")
    with (WORK / "run.log").open("wb") as log:
        try:
            _mutmut("run", "--max-children", "2", timeout=seconds, stdout=log)
        except subprocess.TimeoutExpired:
            print(f"{module}: stopped after {seconds} seconds; what was not reached is listed as not checked")
    found = _mutmut("results", stdout=subprocess.PIPE)
    print(found)
    for name in re.findall(r"(\S+): survived", found):
        print(_mutmut("show", name, stdout=subprocess.PIPE))


def _mutmut(*arguments: str, stdout: Any, timeout: int | None = None) -> str:
    command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
    ended = subprocess.run(command, cwd=WORK, stdout=stdout, timeout=timeout, check=False, text=True)
    return ended.stdout or ""


if __name__ == "__main__":
    main()
