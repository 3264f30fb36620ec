"""What an edit posts: on the accounts of what it changes, as what kind, and blocked only as the whole order."""

from datetime import timedelta
from typing import Any

import pytest
from mlconnector_relay.sap.frozen import NO_BLOCKS

from tests.support.building import posted
from tests.support.lives import Life
from tests.support.mappings import a_mapping
from tests.support.orders import PLACED, Line, an_order, revised
from tests.unit.relay.reconcile.test_later import by_authority

BLOCKED = '[shipments]\npayment_block = "B"\ndunning_block = "R"\n'


def ruled(*rules: str) -> tuple[str, str]:
    """Rules of the company code."""
    return ('language = "DE"', "\n".join(('language = "DE"', *rules)))


SUPPLEMENT, REPOST = 'on_edit = "supplement"', 'on_edit = "reverse_and_repost"'
OWN = 'discounts = "own_account"'


def edited(life: Life, *lines: Line, order: dict[str, Any] | None = None, **options: Any) -> Life:
    """Edit the order: other lines, three days later."""
    life.snapshot = revised(an_order(*lines, **options), date_modified=PLACED + timedelta(days=3), **(order or {}))
    return life


def test_an_edit_takes_discounts_and_tenders_to_the_accounts_they_were_posted_to() -> None:
    """Although the mapping nets discounts by now, and has another account for gift certificates."""
    tendered = {"gift_certificate_amount": "10"}
    life = Life(revised(an_order(Line("119.00", discount="11.90")), **tendered), a_mapping(ruled(OWN)))
    life.post()
    life.mapping = a_mapping(ruled(SUPPLEMENT), ('gl_account = "176500"', 'gl_account = "176577"'))
    edited(life, Line("119.00", discount="23.80"), order={"gift_certificate_amount": "15"})
    assert posted(life.post()) == [
        ("customer", "99000", "", "-16.90"),
        ("discount", "888000", "A1", "10.00"),
        ("gift_certificate_used", "176500", "", "5.00"),
        ("tax", "", "A1", "1.90"),
    ]


def test_a_price_that_rose_by_its_discount_moves_both() -> None:
    """Nothing is owed, but revenue and its reduction are 10.00 more: a supplement, which has the invoice's kind."""
    life = Life(an_order(Line("119.00")), a_mapping(ruled(OWN, SUPPLEMENT)))
    life.post()
    document = edited(life, Line("130.90", discount="11.90")).post()
    assert (document.reference, document.document_type) == ("B1-1000123-S", "DR")
    assert posted(document)[-3:] == [
        ("product", "800000", "A1", "-10.00"),
        ("discount", "888000", "A1", "10.00"),
        ("tax", "", "A1", "0.00"),
    ]


@pytest.mark.parametrize(("rule", "blocks"), [(SUPPLEMENT, [""]), (REPOST, ["", "B"])])
def test_only_the_order_posted_anew_is_blocked_until_its_goods_leave(rule: str, blocks: list[str]) -> None:
    """What an edit adds alone waits for no shipment of its own; nothing that followed the order follows an edit."""
    unpaid = {"payment_status": "", "gift_certificate_amount": "9.50"}
    life = Life(
        revised(an_order(Line("59.50")), **unpaid), a_mapping(ruled(rule, 'tenders = "own_document"'), more=BLOCKED)
    )
    life.settle()
    edited(life, Line("59.50", 2), order=unpaid).settle()
    found = [one.facts for one in life.documents[2:]]
    assert [one.following for one in found] == [() for one in found]
    assert [one.blocks for one in found][:1] == [NO_BLOCKS]
    assert [one.call.parameters["ACCOUNTRECEIVABLE"][0].get("PMNT_BLOCK", "") for one in life.documents[2:]] == blocks


def test_the_difference_of_a_line_is_shared_out_as_the_line_was() -> None:
    """Its authorities end at zero with it, although the city's and the state's rates are others by now."""
    life = Life(an_order(Line("100.00", rate="8.25"), inclusive=False), by_authority("8.25", "6.25", "supplement"))
    life.post()
    life.mapping = by_authority("8.5", "6.5", "supplement")
    edited(life, Line("100.00", 2, rate="8.5"), inclusive=False).post()
    life.now(status_id=5).settle()
    taxes = [[str(line.amount) for line in one.lines if line.role == "tax"] for one in life.documents]
    assert taxes == [["-6.25", "-2.00"], ["-6.63", "-2.12"], ["12.88", "4.12"]]
