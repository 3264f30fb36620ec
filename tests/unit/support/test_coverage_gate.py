"""The gate on coverage refuses what it is there to refuse."""

from tests.support.coverage_gate import PACKAGES, PURE, Measured, faults, measured, table, unexplained

GOOD = [
    *(Measured(name, 8, 2, (), ()) for name in PACKAGES),
    *(Measured(name, 8, 2, (), ()) for name in PURE),
]


def test_full_coverage_passes() -> None:
    """Nothing is said where nothing is wrong."""
    assert faults(GOOD) == []


def test_a_package_below_the_floor_is_named() -> None:
    """Lines and branches count together."""
    modules = [*GOOD, Measured("mlconnector_sandbox.store", 20, 0, (1, 2, 3, 4), ())]

    assert faults(modules) == ["mlconnector_sandbox: 86.7 % of lines and branches ran, 90 % must"]


def test_a_branch_missing_in_a_pure_module_is_named_with_its_place() -> None:
    """Pure modules have no excuse, however small the gap."""
    modules = [*GOOD, Measured("mlconnector_relay.sap.draft", 900, 80, (7, 8, 9), ((4, -1), (7, 9)))]

    assert faults(modules) == ["mlconnector_relay.sap.draft: pure, yet never run: 7-9, 4->exit"]


def test_a_pure_module_that_was_not_measured_is_a_fault() -> None:
    """A renamed module does not slip out of the table."""
    modules = [one for one in GOOD if one.module != "mlconnector_agent.gate"]

    assert faults(modules) == ["mlconnector_agent.gate: no such module was measured; correct the table of pure modules"]


def test_modules_of_another_system_are_left_out() -> None:
    """What cannot be imported here counts neither for nor against."""
    summary = {"num_statements": 3, "num_branches": 0}
    file = {"summary": summary, "missing_lines": [1], "missing_branches": []}
    report = {
        "files": {
            "agent/src/mlconnector_agent/rfc/platform_windows.py": file,
            "agent/src/mlconnector_agent/gate.py": file,
            "tests/conftest.py": file,
        }
    }

    assert measured(report) == [Measured("mlconnector_agent.gate", 3, 0, (1,), ())]


def test_a_pragma_needs_its_reason() -> None:
    """The reason stands behind it, on the same line."""
    pragma = "# pragma: no" + " cover"
    sources = {"a.py": f"x = 1\ny = 2  {pragma}\n", "b.py": f"y = 2  {pragma}  (Windows only)\n"}

    assert [fault.split(" ")[0] for fault in unexplained(sources)] == ["a.py:2:"]


def test_the_table_shows_every_package_and_the_pure_modules() -> None:
    """One row each, with its percentage."""
    rows = table(GOOD).splitlines()

    assert len(rows) == 1 + len(PACKAGES) + 1
    assert all(row.endswith("100.0 %") for row in rows[1:])
