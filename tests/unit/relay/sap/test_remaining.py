"""What is left of an order's documents, line by line."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_relay.sap.frozen import Frozen
from mlconnector_relay.sap.partial import part_of
from mlconnector_relay.sap.remaining import (
    CANCELLATION,
    REINSTATED,
    amount_of,
    left_of,
    negated,
    reducing,
    refund_of,
    rounded,
    share_of,
    units_of,
)
from mlconnector_relay.sap.targets import Accounts

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
    doubled = left_of([first, more])[0]
    assert (doubled.line.quantity, doubled.line.full, doubled.line.net) == (6, 2 * 2521, 2 * 2269)
    assert doubled.rest == doubled.line
    assert {one.rest.gross for one in left_of([first, cancelled])} == {0}


def test_what_was_never_invoiced_was_invoiced_as_nothing() -> None:
    """Goodwill, for instance."""
    goodwill = replace(negated(invoice().lines[0]), role="goodwill", source=0, code=None, tax=0)
    one = left_of([invoice(), replace(invoice(), about="refund 1", lines=(goodwill,))])[-1]
    assert (one.line.quantity, one.line.full, one.line.net, one.line.tax) == (0, 0, 0, 0)
    assert (one.rest.net, one.deferred) == (goodwill.net, None)
    assert amount_of(one, 5, 0, 0).full == 5


def test_a_line_taxed_by_another_code_is_another_line() -> None:
    """What was moved to another code is left there."""
    first = invoice()
    lamp, rice, *_ = first.lines
    moved = replace(first, about="edit", lines=(negated(lamp), replace(lamp, code=rice.code)))
    left = left_of([first, moved])
    assert [(one.rest.quantity, one.rest.code) for one in (left[0], left[-1])] == [(0, lamp.code), (3, rice.code)]


def test_pieces_have_their_share_of_price_and_tax() -> None:
    """27.00 for three, 4.31 of it tax, 25.21 without tax before the discount: the last piece takes the rest."""
    documents, given = [invoice()], []
    for _ in range(3):
        part = units_of(left_of(documents)[0], 1)
        given.append((part.quantity, part.full, part.gross, part.tax))
        documents.append(replace(documents[0], about="refund 1", lines=(negated(part),)))
    assert given == [(1, 840, 900, 144), (1, 840, 900, 144), (1, 841, 900, 143)]
    two = units_of(left_of([invoice()])[0], 2)
    assert (two.quantity, two.full, two.gross, two.tax) == (2, 1681, 1800, 287)


def test_a_part_of_a_line_that_is_not_counted_has_its_share_of_price_and_tax() -> None:
    """A third of 27.00, of it a third of 4.31 of tax; it is no piece."""
    part = share_of(left_of([invoice()])[0], Fraction(1, 3))
    assert (part.quantity, part.full, part.gross, part.tax) == (0, 840, 900, 144)


def test_deferred_revenue_is_what_no_shipment_has_earned() -> None:
    """Of the lines that were deferred; the others have none."""
    first = invoice()
    lamps = replace(first.lines[0], earned=Accounts("800000", "4200", "", "accounts[1]"))
    deferred = replace(first, lines=(lamps, *first.lines[1:]))
    assert [one.deferred for one in left_of([deferred])] == [lamps, *[None] * (len(first.lines) - 1)]
    sent = units_of(left_of([deferred])[0], 1)
    earned = replace(first, about="shipment 7", lines=(negated(sent), replace(sent, earned=None)))
    left = left_of([deferred, earned])[0]
    assert left.deferred is not None
    assert (left.rest.quantity, left.deferred.quantity) == (3, 2)
    assert left.deferred.gross == lamps.gross - sent.gross


@pytest.mark.parametrize(
    ("documents", "reduces"),
    [
        (("order", "refund 1", CANCELLATION), (False, True, True)),
        (("order", CANCELLATION, REINSTATED), (False, False, False)),
        (("order", CANCELLATION, REINSTATED, CANCELLATION), (False, False, False, True)),
        (("order", CANCELLATION, REINSTATED, CANCELLATION, REINSTATED), (False,) * 5),
        (("order", CANCELLATION, CANCELLATION), (False, True, True)),
        (("order", CANCELLATION, CANCELLATION, REINSTATED, REINSTATED, "refund 1"), (*(False,) * 5, True)),
    ],
)
def test_a_cancellation_that_was_withdrawn_gives_nothing_back(
    documents: tuple[str, ...], reduces: tuple[bool, ...]
) -> None:
    """Each that was posted anew undoes one, also where a long document has parts."""
    first = invoice()
    assert reducing([replace(first, about=about) for about in documents]) == list(reduces)


@pytest.mark.parametrize(
    ("amount", "whole"), [("1/2", 1), ("-1/2", -1), ("2/5", 0), ("-2/5", 0), ("3/5", 1), ("-3/5", -1), ("0", 0)]
)
def test_halves_are_rounded_away_from_zero(amount: str, whole: int) -> None:
    """As money is, on both sides of it."""
    assert rounded(Fraction(amount)) == whole


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


def test_a_line_that_rounds_to_the_other_side_moves_nothing() -> None:
    """0.08 of small lines, every line at the same share: a net of 0.01 beside tax of -0.01 is no other tax code."""
    first = invoice()
    [lamp, reduced, *_] = first.lines
    lines = [replace(lamp, net=net, tax=tax) for net, tax in ((-30, -6), (-5, -1), (-30, -6))]
    lines += [replace(reduced, net=-30, tax=-2)]
    part = part_of(lines, -8)
    assert max(line.net for line in part) > 0
    assert reducing([first, replace(first, about="refund 7", lines=part)]) == [False, True]


def test_a_cent_moves_where_it_is_taken_from_one_code_and_given_to_another() -> None:
    """Not where all that is left of a code is its tax: that is given back, or its refund is undone."""
    first = invoice()
    [lamp, rice, *_] = first.lines
    moved = replace(first, about="refund 7", lines=(replace(lamp, net=-1, tax=0), replace(rice, net=1, tax=0)))
    assert reducing([first, moved]) == [False, False]
    back = replace(moved, lines=(replace(lamp, net=-1, tax=0), replace(rice, net=0, tax=-1)))
    undone = replace(back, about="refund 7 declined", lines=tuple(negated(line) for line in back.lines))
    assert reducing([first, back, undone]) == [False, True, True]
