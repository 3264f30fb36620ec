"""What takes back says whose day it has, at whose rate, and what it is made of; nothing else of the invoice goes on."""

from datetime import timedelta
from typing import Any

from mlconnector_relay.sap.frozen import NO_BLOCKS
from mlconnector_relay.sap.values import Built

from tests.support.lives import Life, a_refund, an_item
from tests.support.mappings import a_mapping
from tests.support.orders import PLACED, Line, an_order, revised

HALF = an_item("PRODUCT", 61, "59.50", 1)
ORIGINAL = ('language = "DE"', 'language = "DE"\ncredit_memo_rate = "original"')
BLOCKED = '[shipments]\npayment_block = "B"\ndunning_block = "R"\n'


def refund(*items: Any, declined: bool = False, **more: Any) -> dict[str, Any]:
    """A refund of one lamp, unless told otherwise, which its payment carried out or not."""
    row = a_refund(7, "59.50", "9.50", *(items or (HALF,))) | more
    return row | {"payments": [row["payments"][0] | {"is_declined": declined}]}


def two_lamps(*changes: tuple[str, str], more: str = "", **order: Any) -> Life:
    """Two lamps at 59.50 and what the order is beside them, posted; its order changed last on the 10th."""
    life = Life(revised(an_order(Line("59.50", 2)), **order), a_mapping(*changes, more=more))
    life.post()
    return life.now(date_modified=PLACED + timedelta(days=5))


def days(document: Built) -> tuple[str, str]:
    """The day of a document, and of its exchange rate where it is another's."""
    header = document.call.parameters["DOCUMENTHEADER"]
    return header["PSTNG_DATE"], header.get("TRANS_DATE", "")


def test_each_document_says_whose_day_it_has_and_how_it_was_read() -> None:
    """A refund's, the cancellation's, or the day on which the decline was seen; each at its own exchange rate."""
    life = two_lamps().now(status_id=14).parts(refunds=[refund()])
    memo = life.post()
    assert (days(memo), memo.facts.reading) == (("20260307", ""), "items as stated, with tax")
    assert "document and posting date 20260307: the refund's, in Europe/Berlin" in memo.decisions
    assert "exchange rate: of the credit memo's own date" in memo.decisions
    life.parts(refunds=[refund(declined=True)])
    undone = life.post()
    assert days(undone) == ("20260310", "20260307")
    assert "document and posting date 20260310: the day it was declined, in Europe/Berlin" in undone.decisions
    gone = life.now(status_id=5).post()
    assert (days(gone), gone.facts.reading) == (("20260310", ""), "what is left of the invoice")
    assert "document and posting date 20260310: the cancellation's, in Europe/Berlin" in gone.decisions


def test_a_cancellation_may_have_the_rate_of_its_invoice() -> None:
    """By the same rule as a refund."""
    life = two_lamps(ORIGINAL).now(status_id=5)
    document = life.post()
    assert days(document) == ("20260310", "20260305")
    assert "exchange rate: of the invoice's date" in document.decisions


def test_what_takes_back_has_no_blocks_and_nothing_that_followed_its_invoice() -> None:
    """An invoice that waits for its goods holds up no money of the customer; tenders of their own stay as they are."""
    tenders = ('language = "DE"', 'language = "DE"\ntenders = "own_document"')
    order = {"payment_status": "", "gift_certificate_amount": "9.50"}
    life = two_lamps(tenders, more=BLOCKED, **order)
    assert (life.documents[0].facts.blocks != NO_BLOCKS, len(life.documents[0].facts.following)) == (True, 1)
    life.settle()
    life.now(status_id=14).parts(refunds=[refund()]).settle()
    life.now(status_id=5).settle()
    memo, gone = life.documents[2:]
    assert [(one.facts.blocks, one.facts.following) for one in (memo, gone)] == 2 * [(NO_BLOCKS, ())]
    assert life.books() == {}
