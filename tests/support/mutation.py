"""Mutation testing of one module of the relay: `python -m tests.support.mutation sap/taxes.py [SECONDS]`.

mutmut changes the module in hundreds of small ways. What mypy does not notice is judged by the module's tests and a few
of the whole, those that reach the changed function, fastest first. Random searches are left out: what they notice, they
notice by luck. What nothing notices is a survivor; docs/explanation/mutation.md names those that may live.

Each module has a folder of its own under var/, because mutmut expects one package in one `src`. While the source stays
as it is, a run goes on where the last one stopped: it tries what was not reached, and survivors again, as there may be
more tests. What was noticed stays noticed.
"""

import ast
import difflib
import hashlib
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.test_architecture import TESTED_ELSEWHERE

__all__ = ["main", "tests_of"]

ROOT = Path(__file__).resolve().parents[2]
MUTMUT = str(Path(sys.executable).with_name("mutmut"))
SECONDS = 900
"""How long a run may take, unless said otherwise."""

BESIDE = {
    "sap": ("sap/document", "sap/readings", "sap/tenders"),
    "reconcile": ("reconcile/plan", "reconcile/later", "reconcile/deciding", "reconcile/balance"),
    "sap/credit_memo.py": (
        "reconcile/later",
        "reconcile/deciding",
        "reconcile/refunding",
        "sap/levels",
        "sap/tax_shift",
    ),
    "sap/deferral.py": ("reconcile/earning",),
    "sap/document.py": (
        "reconcile/plan",
        "reconcile/later",
        "reconcile/adopting",
        "sap/buyers",
        "sap/dates",
        "sap/deferral",
        "sap/levels",
        "sap/shipping",
        "sap/splitting",
        "sap/vat_ids",
    ),
    "sap/draft.py": ("reconcile/later", "sap/deferral"),
    "sap/edit.py": ("reconcile/later", "sap/deferral"),
    "sap/partial.py": ("reconcile/refunding",),
    "sap/refund_items.py": ("reconcile/refunding", "sap/tax_shift"),
    "sap/refund.py": ("sap/deferral", "sap/tax_shift"),
    "sap/remaining.py": ("reconcile/later", "sap/refund", "sap/remap", "sap/tax_shift"),
    "sap/weighing.py": ("sap/debtors", "sap/tax_rules"),
}
"""Asked beside a module's own tests: those of the whole that its area makes, and of the steps that need it."""

SETTINGS = """\
[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/mlconnector_relay/{module}"]
also_copy = ["deploy", "docs"]
pytest_add_cli_args = ["-p", "no:xdist", "-x", "-q", "--import-mode=importlib", "-m", "not hypothesis"]
pytest_add_cli_args_test_selection = {tests}
type_check_command = ["{python}", "-m", "mypy", "--output", "json", "src/mlconnector_relay/{module}"]

[tool.mypy]
strict = true
warn_unused_ignores = false
explicit_package_bases = true
namespace_packages = true
mypy_path = "src:{root}/shared/src"
plugins = ["pydantic.mypy"]
cache_dir = "{root}/var/mutation/mypy"

[tool.pytest.ini_options]
pythonpath = ["."]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
timeout = 120
"""

NOTICED = ("killed", "timeout", "segfault", "suspicious", "caught by type check")
UNREACHED = "not checked"


def tests_of(module: str) -> list[str]:
    """Return a module's tests, at its mirrored path or where they stand instead, and those of the whole."""
    path = Path(module)
    mirrored = f"tests/unit/relay/{path.parent}/test_{path.stem}.py"
    elsewhere = TESTED_ELSEWHERE.get(f"relay/{module}")
    own = [mirrored] if (ROOT / mirrored).exists() else [elsewhere[0]] if elsewhere else []
    beside = (*BESIDE.get(module, ()), *BESIDE.get(path.parts[0], ()))
    names = (Path(one) for one in beside)
    found = list(dict.fromkeys([*own, *(f"tests/unit/relay/{one.parent}/test_{one.name}.py" for one in names)]))
    if not found:
        raise SystemExit(f"{module} has no unit tests: {mirrored} is not there")
    return found


def main() -> None:
    """Run mutmut on a module, and print what survived or was not reached in time."""
    module, seconds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    work = ROOT / "var" / "mutation" / module.removesuffix(".py").replace("/", "-")
    _prepare(work, module)
    _run(work, seconds, [name for name, verdict in _verdicts(work).items() if verdict not in NOTICED])
    verdicts = _verdicts(work)
    text = (work / "mutants" / "src" / "mlconnector_relay" / module).read_text("utf-8")
    functions = {node.name: node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    for name, verdict in verdicts.items():
        if verdict not in (*NOTICED, UNREACHED):
            mutant = name.rpartition(".")[2]
            original = functions[mutant.rpartition("_")[0] + "_orig"]
            print(f"{mutant}: {verdict}", *_changed(text.splitlines(), original, functions[mutant]), sep="\n")
    counts = Counter(verdicts.values())
    print(f"{module}: {len(verdicts)} mutants:", ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))


def _prepare(work: Path, module: str) -> None:
    """Lay the module's folder out as mutmut expects it, anew where a source has changed."""
    source = ROOT / "relay" / "src" / "mlconnector_relay"
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(source.rglob("*.py")))).hexdigest()
    known = work / "sources.sha256"
    if not known.exists() or known.read_text("utf-8") != digest:
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(source, work / "src" / source.name)
        known.write_text(digest, "utf-8")
    for name in ("tests", "docs", "deploy"):
        shutil.rmtree(work / name, ignore_errors=True)
        shutil.copytree(ROOT / name, work / name)
    settings = SETTINGS.format(module=module, tests=tests_of(module), python=sys.executable, root=ROOT)
    (work / "pyproject.toml").write_text(settings, "utf-8")


def _run(work: Path, seconds: int, names: list[str]) -> None:
    """Let one process at a time judge mutants for so many seconds at most; those named, or all without a verdict."""
    with (work / "run.log").open("wb") as log:
        running = subprocess.Popen(["nice", MUTMUT, "run", "--max-children", "1", *names], cwd=work, stdout=log)
        try:
            running.wait(seconds)
        except subprocess.TimeoutExpired:
            # mutmut ends its own children when it is interrupted.
            running.send_signal(signal.SIGINT)
            running.wait()


def _verdicts(work: Path) -> dict[str, str]:
    return dict(re.findall(r"^ +(\S+): (.+)$", _mutmut(work, "results", "--all", "True"), re.MULTILINE))


def _changed(lines: list[str], original: ast.FunctionDef, mutant: ast.FunctionDef) -> list[str]:
    # `mutmut show` does the same, with seconds for each.
    before, after = (lines[function.lineno : function.end_lineno] for function in (original, mutant))
    return [line for line in difflib.unified_diff(before, after, n=0, lineterm="") if re.match(r"[-+] ", line)]


def _mutmut(work: Path, *arguments: str) -> str:
    return subprocess.run([MUTMUT, *arguments], cwd=work, stdout=subprocess.PIPE, check=False, text=True).stdout


if __name__ == "__main__":
    main()
