"""Whether a step may be built on a document, as SAP shows it."""

from dataclasses import replace

import pytest
from mlconnector_agent.luw.base import judge_base
from mlconnector_agent.luw.documents import Found
from mlconnector_shared.envelope import Base

FOUND = Found("1000", "1800000000", "2026", "DR", "20260301", "20260301", "EUR", "MLC_RFC1", "", "0000", "BC1-1-I")
BASE = Base("180000000010002026", "BC1-1-I")


def test_a_document_that_stands_is_a_base() -> None:
    """It exists, carries our reference, and nobody has taken it back."""
    assert judge_base(BASE, FOUND) is None


@pytest.mark.parametrize(
    ("found", "cleared_by", "reason", "told"),
    [
        (None, "", "base_missing", "180000000010002026"),
        (replace(FOUND, reference="X"), "", "base_other_reference", "carries X instead of BC1-1-I"),
        (replace(FOUND, reference=""), "", "base_other_reference", "no reference"),
        (replace(FOUND, reversed_by="1800000001"), "1800000001", "base_reversed", "1800000001"),
        (FOUND, "1400000000", "base_cleared", "1400000000"),
    ],
)
def test_any_other_document_is_none(found: Found | None, cleared_by: str, reason: str, told: str) -> None:
    """The reason is stable, the sentence names both documents; reversed comes before cleared by the reversal."""
    fault = judge_base(BASE, found, cleared_by)

    assert fault is not None
    assert fault.reason == reason
    assert told in fault.detail
