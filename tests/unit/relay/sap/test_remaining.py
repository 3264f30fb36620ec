"""What is left of an order's documents, line by line."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from mlconnector_relay.sap.frozen import Frozen
from mlconnector_relay.sap.remaining import amount_of, left_of, negated, refund_of, units_of

from tests.support.building import built
from tests.support.orders import Charge, Line, an_order, revised


def invoice() -> Frozen:
    """Two lines, shipping, and a tender."""
    lines = (Line("10.00", 3, discount="3.00"), Line("53.50", rate="7", product_id=112))
    return built(revised(an_order(*lines, shipping=Charge("5.95")), store_credit_amount="5")).facts


def test_everything_is_left_of_an_invoice() -> None:
    """Tenders are told apart."""
    left = left_of([invoice()])
    assert [one.rest for one in left] == [one.line for one in left] == list(invoice().lines)
    assert [one.line.role for one in left if one.is_tender] == ["store_credit_used"]


def test_what_was_taken_back_is_not_left() -> None:
    """By refunds and cancellations; what undoes one is left again; edits change what was invoiced."""
    first = invoice()
    half = replace(first, about="refund 1", lines=(negated(units_of(left_of([first])[0], 1)),))
    undone = replace(half, about="refund 1 declined", lines=tuple(negated(line) for line in half.lines))
    more = replace(first, about="edit", lines=(first.lines[0],))
    cancelled = replace(first, about="cancellation", lines=tuple(negated(line) for line in first.lines))
    assert [left_of([first, half])[0].rest.quantity, left_of([first, half])[0].line.quantity] == [2, 3]
    assert left_of([first, half, undone])[0].rest == first.lines[0]
    assert left_of([first, more])[0].line.quantity == 6
    assert {one.rest.gross for one in left_of([first, cancelled])} == {0}


def test_what_was_never_invoiced_was_invoiced_as_nothing() -> None:
    """Goodwill, for instance."""
    goodwill = replace(negated(invoice().lines[0]), role="goodwill", source=0, code=None, tax=0)
    one = left_of([invoice(), replace(invoice(), about="refund 1", lines=(goodwill,))])[-1]
    assert (one.line.net, one.line.full, one.rest.net) == (0, 0, goodwill.net)
    assert amount_of(one, 5, 0, 0).full == 5


@given(st.integers(1, 100000), st.integers(1, 40), st.lists(st.integers(1, 40), max_size=40))
def test_pieces_add_up_to_the_line(price: int, quantity: int, taken: list[int]) -> None:
    """However they are given back: the last takes the rest, none is given back twice, and a line has no price left."""
    first = replace(
        invoice(), lines=(replace(invoice().lines[0], quantity=quantity, full=price, net=price, tax=price // 6),)
    )
    documents = [first]
    for pieces in [*taken, quantity]:
        left = left_of(documents)[0]
        part = units_of(left, min(pieces, left.rest.quantity))
        assert 0 <= part.gross <= left.rest.gross
        documents.append(replace(first, about="refund 1", lines=(negated(part),)))
    rest = left_of(documents)[0].rest
    assert (rest.quantity, rest.full, rest.net, rest.tax) == (0, 0, 0, 0)


def test_which_refund_a_document_gives_back() -> None:
    """Nothing else names one."""
    names = ("refund 12", "refund 12 declined", "cancellation", "order", "refund ", "12")
    assert [refund_of(about) for about in names] == [12, None, None, None, None, None]


def test_parts_below_nothing_round_away_from_zero() -> None:
    """Edits may lower what was invoiced below what is asked for."""
    left = left_of([invoice()])[0]
    assert amount_of(left, -left.line.net // 2, 0, 0).full < 0
