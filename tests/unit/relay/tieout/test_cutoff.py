"""Every piece that is only invoiced, or only shipped, is told once, with its share of the amounts."""

from dataclasses import replace

import pytest
from mlconnector_relay.sap.frozen import Frozen
from mlconnector_relay.sap.remaining import negated
from mlconnector_relay.tieout.cutoff import Goods, Open, cut_off

from tests.support.building import built
from tests.support.orders import Charge, Line, an_order


def invoice() -> Frozen:
    """Three lamps at 11.90 (19 %) and shipping."""
    return built(an_order(Line("11.90", 3), shipping=Charge("5.95"))).facts


def a_line(shipped: int, quantity: int = 3) -> Goods:
    source = next(line.source for line in invoice().lines if line.role == "product")
    return Goods(source, quantity, shipped, 3000, 3570)


def told(goods: Goods, *documents: Frozen) -> list[tuple[str, int, int, int]]:
    return [(one.side, one.pieces, one.net, one.gross) for one in cut_off([goods], documents)]


@pytest.mark.parametrize(
    ("shipped", "expected"),
    [
        (0, [("unshipped", 3, 3000, 3570)]),
        (1, [("unshipped", 2, 2000, 2380)]),
        (3, []),
    ],
)
def test_what_is_invoiced_and_not_shipped(shipped: int, expected: list[tuple[str, int, int, int]]) -> None:
    """By piece; shipping and other charges are no goods."""
    assert told(a_line(shipped), invoice()) == expected


@pytest.mark.parametrize(("shipped", "expected"), [(0, []), (2, [("uninvoiced", 2, 2000, 2380)])])
def test_what_is_shipped_and_not_invoiced(shipped: int, expected: list[tuple[str, int, int, int]]) -> None:
    """At the store's price."""
    assert told(a_line(shipped)) == expected


def test_a_line_that_came_later_is_not_invoiced() -> None:
    """Beside one that is; and pieces beyond those invoiced are, too."""
    extra = Goods(99, 1, 1, 1000, 1190)
    assert cut_off([a_line(3), extra], [invoice()]) == [Open("uninvoiced", 99, 1, 1000, 1190)]
    assert told(a_line(4, 4), invoice()) == [("uninvoiced", 1, 750, 892)]


def test_what_was_given_back_need_not_be_shipped() -> None:
    """What refunds have left counts."""
    whole = invoice()
    piece = next(line for line in whole.lines if line.role == "product")
    one = replace(negated(piece), quantity=-1, full=-1000, net=-1000, tax=-190)
    refund = replace(whole, about="refund 7", lines=(one,))
    assert told(a_line(0), whole, refund) == [("unshipped", 2, 2000, 2380)]
    assert told(a_line(2), whole, refund) == []


def test_a_line_at_two_tax_codes_is_one_line() -> None:
    """A refund of tax alone has moved a third of it, which has no pieces of its own."""
    whole = invoice()
    piece = next(line for line in whole.lines if line.role == "product")
    assert piece.code is not None
    part = replace(piece, quantity=0, full=1000, net=1000, tax=190)
    right = replace(part, tax=0, code=replace(piece.code, code="A0"))
    moved = replace(whole, about="refund 7", lines=(negated(part), right))
    assert told(a_line(1), whole, moved) == [("unshipped", 2, 2000, 2253)]
