"""What the books of some days hold while postings go on."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations_with_replacement
from typing import Any

import pytest
from mlconnector_relay.db.ledger_views import Posting
from mlconnector_relay.db.sap_documents import SapDocument
from mlconnector_relay.db.sap_readings import Reading
from mlconnector_relay.db.sights import SeenOrder
from mlconnector_relay.sap.frozen import frozen_text
from mlconnector_relay.tieout import gather
from mlconnector_relay.tieout.books import books_of
from mlconnector_relay.tieout.causes import CAUSES

from tests.support.building import built
from tests.support.orders import Line, an_order

DAY = date(2026, 3, 5)
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
FACTS = built(an_order(Line("119.00"))).facts
ORDER = SeenOrder("abc123", 7, "posted", None, NOON, NOON, Decimal("119.00"), "EUR")
WAITING = SeenOrder("abc123", 7, "waiting", None, NOON, NOON, Decimal("119.00"), "EUR")
KEY = "1800000001", "1000", "2026"
POSTING = Posting(
    *("acme", "acme/abc123/7/invoice/1/1", "abc123", 7, "invoice", "ECC", "100", "B1-7-I", "1000", "DR", "EUR"),
    *(Decimal("119.00"), frozen_text(FACTS), "posted", "".join(KEY), NOON, NOON + timedelta(minutes=1)),
)
DOCUMENT = SapDocument(
    *(
        "acme",
        "ECC",
        "100",
        KEY[1],
        KEY[0],
        KEY[2],
        "DR",
        "B1-7-I",
        "MLC",
        DAY,
        DAY,
        "EUR",
        Decimal("119.00"),
        "",
        None,
    ),
    "A1=19.00",
)
READING = Reading(
    *("acme", "r1", "ECC", "100", DAY - timedelta(days=9), False, NOON, "done", 1, NOON, 1, ""),
    NOON + timedelta(minutes=2),
    NOON + timedelta(minutes=3),
)


@pytest.mark.parametrize("moments", [*combinations_with_replacement(range(5), 3)])
async def test_what_is_posted_meanwhile_is_no_difference(
    monkeypatch: pytest.MonkeyPatch, moments: tuple[int, int, int]
) -> None:
    """Posted, then read back, then the reading done: whatever of it happens between two of our reads, nothing is wrong.

    Args:
        monkeypatch: stands in for the database.
        moments: before which of our reads each of the three happened.
    """
    posted, kept, done = moments
    reads = 0

    def at(moment: int, before: Any, after: Any) -> Any:
        async def read(*_question: Any) -> Any:
            nonlocal reads
            reads += 1
            return after if reads > moment else before

        return read

    async def no_gaps(*_question: Any) -> dict[tuple[str, int], Any]:
        return {}

    monkeypatch.setattr(gather, "orders_of", at(posted, [(DAY, WAITING)], [(DAY, ORDER)]))
    monkeypatch.setattr(gather, "postings_of", at(posted, [], [(DAY, POSTING)]))
    monkeypatch.setattr(gather, "documents_of", at(kept, [], [DOCUMENT]))
    monkeypatch.setattr(gather, "readings_of", at(done, {}, {("ECC", "100"): READING}))
    monkeypatch.setattr(gather, "gaps_of", no_gaps)
    database: Any = None

    found = (await books_of(database, "acme", DAY, DAY)).differences()
    assert [one for one in found if CAUSES[one.cause].wrong] == []
    if moments == (0, 0, 0):
        assert found == []
