"""Whether a document is reversed: both documents say so, or it is not."""

from dataclasses import replace

import pytest
from mlconnector_agent.luw.documents import Found
from mlconnector_agent.luw.reversal import Reversal
from mlconnector_agent.luw.sighting import Sighting

from tests.support.postings import a_reversal

INVOICE = Found("1000", "1800000000", "2026", "DR", "20261231", "20261231", "EUR", "MLC_RFC1", "", "0000", "BC1-1-I")
REVERSED = replace(INVOICE, reversed_by="1700000001", reversed_in="2027")
REVERSING = replace(
    INVOICE, number="1700000001", fiscal_year="2027", document_type="DA", reversed_by="1800000000", reversed_in="2026"
)
KEY, REVERSING_KEY = INVOICE.object_key, REVERSING.object_key


class Books:
    """A look-up in these documents."""

    def __init__(self, *documents: Found) -> None:
        self._documents = {document.object_key: document for document in documents}

    async def by_key(self, object_key: str) -> Found | None:
        return self._documents.get(object_key)


async def _look(*documents: Found, called: str = "") -> Sighting:
    goal = Reversal(a_reversal(KEY, "BC1-1-I"))
    return await goal.look(Books(*documents), called, "MLC_RFC1")  # type: ignore[arg-type]


async def test_both_halves_name_each_other() -> None:
    """Over the turn of a year, too: the reversal has its own."""
    assert await _look(REVERSED, REVERSING) == Sighting(ours=REVERSING_KEY)


@pytest.mark.parametrize(
    "documents",
    [(), (INVOICE,), (replace(INVOICE, reference="X"),), (replace(REVERSED, reference="X"), REVERSING)],
)
async def test_a_document_that_is_not_reversed_or_not_ours_is_nothing(documents: tuple[Found, ...]) -> None:
    """Before the call a foreign document is the base's check to judge, reversed or not."""
    assert (await _look(*documents)).is_empty


async def test_after_the_call_a_changed_reference_hides_nothing() -> None:
    """What was called for is recognised by the documents alone."""
    changed = replace(REVERSED, reference="X")

    assert (await _look(changed, REVERSING, called=REVERSING_KEY)).ours == REVERSING_KEY


@pytest.mark.parametrize(
    ("documents", "called"),
    [
        ((REVERSED,), ""),
        ((REVERSED, replace(REVERSING, reversed_by="1800000009")), ""),
        ((REVERSED, replace(REVERSING, reversed_in="2025")), ""),
        ((INVOICE, REVERSING), REVERSING_KEY),
    ],
)
async def test_half_a_reversal_is_a_persons(documents: tuple[Found, ...], called: str) -> None:
    """One that names the other without being named is neither done nor absent."""
    seen = await _look(*documents, called=called)

    assert (seen.ours, bool(seen.foreign)) == ("", True)


async def test_a_number_another_document_got_is_not_ours() -> None:
    """After our rollback SAP gives the number to somebody's document, which reverses nothing of ours."""
    other = replace(REVERSING, reversed_by="", reversed_in="0000")

    assert (await _look(INVOICE, other, called=REVERSING_KEY)).is_empty
