"""Work at a desk beside sessions."""

import pytest
from mlconnector_sandbox.ecc.control.desk import RefusedError, at_desk

from tests.support.ecc import Ecc

KEY = ("100", "1000", "1800000000", "2026")


def test_who_leaves_frees_documents_and_numbers(ecc: Ecc) -> None:
    """A number that was not used is given out again."""
    with at_desk(ecc.system, "", "FINANCE") as desk:
        desk.lock(KEY)
        number = desk.draw("1000", "DZ", "2026")
        assert desk.user.client == "100"

    assert ecc.system.ranges.leases() == []
    with at_desk(ecc.system, "", "FINANCE") as desk:
        desk.lock(KEY)
        assert desk.draw("1000", "DZ", "2026") == number


def test_two_people_do_not_work_on_one_document(ecc: Ecc) -> None:
    """The second hears who has it."""
    with (
        at_desk(ecc.system, "", "SMITH") as first,
        at_desk(ecc.system, "", "JONES") as second,
    ):
        first.lock(KEY)
        with pytest.raises(RefusedError, match=r"F5 375 .* processed by user SMITH"):
            second.lock(KEY)


def test_a_missing_number_range_is_named(ecc: Ecc) -> None:
    """The interval of the document type, and the year."""
    with at_desk(ecc.system, "", "FINANCE") as desk, pytest.raises(RefusedError, match="14 of 1000 misses year 1999"):
        desk.draw("1000", "DZ", "1999")
