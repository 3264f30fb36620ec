"""The exit code of a check is what a monitoring system acts on."""

import pytest
from mlconnector_agent.checks.findings import Finding, Status, exit_code


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ([], 0),
        ([Status.PASS], 0),
        ([Status.PASS, Status.SKIP], 3),
        ([Status.SKIP, Status.WARN], 1),
        ([Status.WARN, Status.FAIL, Status.SKIP], 2),
    ],
)
def test_the_worst_finding_decides(statuses: list[Status], code: int) -> None:
    """0 well, 1 warning, 2 failure, 3 something could not be looked at."""
    assert exit_code(Finding("hop", status, "") for status in statuses) == code


def test_a_line_names_the_hop_and_below_it_the_remedy() -> None:
    """One line is enough where nothing is to be done."""
    assert Finding("relay", Status.PASS, "reached").line() == "PASS  relay         reached"
    assert Finding("relay", Status.FAIL, "away", "look").line().splitlines()[1].strip() == "-> look"


def test_what_takes_several_lines_stays_in_its_column() -> None:
    """SAP's library tells errors in blocks."""
    lines = Finding("sap", Status.FAIL, "LOCATION here\nERROR not reached", "look").line().splitlines()

    assert lines == ["FAIL  sap           LOCATION here", f"{'':20}ERROR not reached", f"{'':20}-> look"]
