"""Holds the coverage thresholds: `python -m tests.support.coverage_gate`, after `coverage combine`.

Pure modules: every line and every branch. Every package: 90 % of lines and branches together. No line is exempted from
measuring without a reason that stands behind the pragma.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coverage import Coverage

__all__ = ["ELSEWHERE", "FLOOR", "PACKAGES", "PURE", "Measured", "faults", "measured", "table", "unexplained"]

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = {
    "mlconnector_relay": "relay/src",
    "mlconnector_agent": "agent/src",
    "mlconnector_shared": "shared/src",
    "mlconnector_sandbox": "deploy/sandbox/src",
}
"""The packages and the folders of their sources."""

PURE = (
    "mlconnector_shared",
    "mlconnector_relay.sap",
    "mlconnector_relay.reconcile.balance",
    "mlconnector_relay.reconcile.cancelling",
    "mlconnector_relay.reconcile.changing",
    "mlconnector_relay.reconcile.deciding",
    "mlconnector_relay.reconcile.earning",
    "mlconnector_relay.reconcile.editing",
    "mlconnector_relay.reconcile.later",
    "mlconnector_relay.reconcile.owe",
    "mlconnector_relay.reconcile.pay",
    "mlconnector_relay.reconcile.plan",
    "mlconnector_relay.reconcile.posted",
    "mlconnector_relay.reconcile.preview",
    "mlconnector_relay.reconcile.refunding",
    "mlconnector_relay.reconcile.remapping",
    "mlconnector_relay.reconcile.settlement",
    "mlconnector_relay.reconcile.situation",
    "mlconnector_relay.reconcile.states",
    "mlconnector_relay.reconcile.steps",
    "mlconnector_relay.reconcile.values",
    "mlconnector_relay.reconcile.verdict",
    "mlconnector_relay.tieout.amounts",
    "mlconnector_relay.tieout.causes",
    "mlconnector_relay.tieout.compare",
    "mlconnector_relay.tieout.cutoff",
    "mlconnector_relay.tieout.liabilities",
    "mlconnector_relay.tieout.provider",
    "mlconnector_relay.tieout.provider_file",
    "mlconnector_relay.tieout.provider_form",
    "mlconnector_relay.tieout.rows",
    "mlconnector_relay.tieout.sheet",
    "mlconnector_relay.tieout.store_side",
    "mlconnector_relay.tieout.totals",
    "mlconnector_relay.jobs.retry",
    "mlconnector_relay.bigcommerce.signature",
    "mlconnector_agent.gate",
    "mlconnector_agent.policy",
)
"""Modules, and packages with everything in them, that decide without I/O."""

ELSEWHERE = {
    "mlconnector_agent.rfc.platform_windows": "calls the Windows API; it cannot be imported on another system",
}
"""Modules that this system cannot run, with the reason."""

FLOOR = 90.0
"""Percent of lines and branches that every package reaches."""

_PRAGMA = re.compile(r"#\s*pragma[:\s]\s*no\s*(?:cover|branch)\b(?P<reason>.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Measured:
    """One module's coverage.

    Attributes:
        module: its dotted name.
        statements, branches: how many there are.
        missing: lines never run.
        partial: branches never taken, as (from, to) lines; a negative target leaves the function or module.
    """

    module: str
    statements: int
    branches: int
    missing: tuple[int, ...]
    partial: tuple[tuple[int, int], ...]

    @property
    def total(self) -> int:
        """Return how many lines and branches there are."""
        return self.statements + self.branches

    @property
    def covered(self) -> int:
        """Return how many of them ran."""
        return self.total - len(self.missing) - len(self.partial)

    @property
    def places(self) -> str:
        """Return what is missing, as people look it up."""
        hidden = set(self.missing)
        branches = [f"{start}->{end if end > 0 else 'exit'}" for start, end in self.partial if start not in hidden]
        return ", ".join([*_ranges(self.missing), *branches])


def measured(report: Mapping[str, Any]) -> list[Measured]:
    """Return the coverage of every module of the four packages that this system can run, from coverage's JSON."""
    found = []
    for path, file in report["files"].items():
        module = _module(ROOT / path)
        if module is None or module in ELSEWHERE:
            continue
        summary = file["summary"]
        partial = tuple(sorted((start, end) for start, end in file["missing_branches"]))
        missing = tuple(file["missing_lines"])
        found.append(Measured(module, summary["num_statements"], summary["num_branches"], missing, partial))
    return sorted(found, key=lambda one: one.module)


def faults(modules: Sequence[Measured], floor: float = FLOOR) -> list[str]:
    """Return every broken threshold as a sentence, and the names in the tables above that nothing answers to."""
    found = []
    for name in PACKAGES:
        percent = _percent(one for one in modules if _is_in(one.module, name))
        if percent < floor:
            found.append(f"{name}: {percent:.1f} % of lines and branches ran, {floor:g} % must")
    found += [
        f"{name}: no such module was measured; correct the table of pure modules"
        for name in PURE
        if not any(_is_in(one.module, name) for one in modules)
    ]
    found += [f"{one.module}: pure, yet never run: {one.places}" for one in modules if _pure(one) and one.places]
    return found


def table(modules: Sequence[Measured]) -> str:
    """Return lines, branches and coverage per package, and of the pure modules together."""
    rows = [("package", "modules", "lines", "branches", "covered")]
    groups = [(name, [one for one in modules if _is_in(one.module, name)]) for name in PACKAGES]
    for name, group in [*groups, ("the pure modules", [one for one in modules if _pure(one)])]:
        lines, branches = sum(one.statements for one in group), sum(one.branches for one in group)
        rows.append((name, str(len(group)), str(lines), str(branches), f"{_percent(group):.1f} %"))
    return "\n".join(f"{row[0]:<22}" + "".join(f"{cell:>10}" for cell in row[1:]) for row in rows)


def unexplained(sources: Mapping[str, str]) -> list[str]:
    """Return every pragma that exempts code from measuring without saying why."""
    return [
        f"{path}:{number}: a pragma without its reason; write it behind: `# pragma: no cover  (why)`"
        for path, text in sources.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (pragma := _PRAGMA.search(line)) and len(re.findall(r"[A-Za-z]{2,}", pragma["reason"])) < 2
    ]


def _pure(one: Measured) -> bool:
    return any(_is_in(one.module, name) for name in PURE)


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def _percent(modules: Iterable[Measured]) -> float:
    group = list(modules)
    total = sum(one.total for one in group)
    return 100.0 * sum(one.covered for one in group) / total if total else 0.0


def _module(path: Path) -> str | None:
    for name, folder in PACKAGES.items():
        if path.is_relative_to(ROOT / folder / name):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return None


def _ranges(lines: Sequence[int]) -> list[str]:
    found: list[list[int]] = []
    for line in lines:
        if found and line == found[-1][1] + 1:
            found[-1][1] = line
        else:
            found.append([line, line])
    return [str(first) if first == last else f"{first}-{last}" for first, last in found]


def main() -> int:
    """Print the table and what falls short; return 1 where something does."""
    coverage = Coverage(config_file=str(ROOT / "pyproject.toml"))
    coverage.load()
    report = ROOT / "var" / "coverage" / "report.json"
    coverage.json_report(outfile=str(report))
    modules = measured(json.loads(report.read_text("utf-8")))
    sources = {
        str(path.relative_to(ROOT)): path.read_text("utf-8")
        for folder in PACKAGES.values()
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    found = [*faults(modules), *unexplained(sources)]
    sys.stdout.write(table(modules) + "\n")
    for name, reason in ELSEWHERE.items():
        sys.stdout.write(f"not measured: {name}: {reason}\n")
    for fault in found:
        sys.stdout.write(f"coverage: {fault}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
