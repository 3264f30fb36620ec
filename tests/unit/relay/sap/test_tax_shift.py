"""A refund of tax alone moves base to the code that a person names as right, to the unit and within what is left."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.reconcile.deciding import follows
from mlconnector_relay.reconcile.plan import Park, Settled
from mlconnector_relay.reconcile.values import Cause
from mlconnector_relay.sap.mapping import Mapping
from mlconnector_relay.sap.remaining import left_of

from tests.support.building import posted
from tests.support.lives import Life, a_refund, an_item
from tests.support.mappings import a_mapping
from tests.support.orders import PLACED, Charge, Line, an_order, revised

LAMP = an_order(Line("119.00"))
TWO = an_order(Line("119.00"), Line("53.50", rate="7", product_id=112, categories=(22,)))
REDUCED = """
[tax_codes.R1]
rate = 7
condition_key = "MWAS"
account_key = "MWS"
[[taxes]]
countries = ["DE"]
product_types = ["digital"]
tax_code = "R1"
"""
ELSEWHERE = '[[company_codes]]\ncompany_code = "2000"\nstores = ["other"]\none_time_customer = "1"\n'


def life_of(*refunds: dict[str, Any], order: OrderSnapshot = LAMP, mapping: Mapping | None = None) -> Life:
    """Return an order whose invoice is posted, refunded."""
    life = Life(order, mapping)
    life.post()
    life.parts(refunds=list(refunds))
    return life


def cause_of(life: Life) -> Cause:
    """Return what the order waits for."""
    found = life.plan()
    assert isinstance(found, Park), found
    [cause] = found.causes
    return cause


def memo(life: Life, choice: str) -> list[tuple[str, str, str, str]]:
    """Post a refund as a person chose."""
    return posted(life.decide(choice).post())


def test_the_whole_base_moves_where_all_of_the_tax_was_wrong() -> None:
    """The books stand at the right code afterwards, and the customer has the tax back."""
    life = life_of(a_refund(7, "19.00", "19.00"))
    cause = cause_of(life)
    assert (cause.key, cause.choices) == ("decision:refund_tax:1000123/7", ("move:A1:A0",))
    assert "gives back 19.00 with 19.00 of tax, and no item: which tax code is right must be decided" in cause.sentence
    assert "move:A1:A0: 19.00 of tax on 100.00 at A1 become 0.00 at A0 (zero_rated)" in cause.sentence
    assert follows("move:A1:A0") == "a credit memo of the tax: what was charged at A1 moves to A0"
    assert memo(life, "move:A1:A0") == [
        ("customer", "99000", "", "-19.00"),
        ("product", "800000", "A1", "100.00"),
        ("product", "800000", "A0", "-100.00"),
        ("tax", "", "A1", "19.00"),
        ("tax", "", "A0", "0.00"),
    ]
    assert "move:A1:A0: decided by ida" in life.documents[-1].decisions
    assert life.documents[-1].reading == "tax alone, to the right code"
    assert isinstance(life.plan(), Settled)
    assert life.books() == {
        ("99000", "", ""): Decimal("100.00"),
        ("800000", "4200", "A0"): Decimal("-100.00"),
    }


def test_a_part_of_the_base_moves_where_a_part_of_the_tax_was_wrong() -> None:
    """6.00 too much at 19 % instead of 7 % are 12 % of 50.00."""
    life = life_of(a_refund(7, "6.00", "6.00"))
    cause = cause_of(life)
    assert cause.choices == ("move:A1:A2", "move:A1:A0")
    assert "9.50 of tax on 50.00 at A1 become 3.50 at A2; move:A1:A0: " in cause.sentence
    assert memo(life, "move:A1:A2") == [
        ("customer", "99000", "", "-6.00"),
        ("product", "800000", "A1", "50.00"),
        ("product", "800000", "A2", "-50.00"),
        ("tax", "", "A1", "9.50"),
        ("tax", "", "A2", "-3.50"),
    ]


@pytest.mark.parametrize(
    ("tax", "choice", "base", "stays"),
    [
        ("11.98", "move:A1:A2", "100.00", "-7.02"),
        ("11.97", "move:A1:A2", "99.75", "-6.98"),
        ("18.99", "move:A1:A0", "99.95", "0.00"),
    ],
)
def test_the_whole_base_moves_to_a_unit_per_line_and_to_no_tax_exactly(
    tax: str, choice: str, base: str, stays: str
) -> None:
    """12.00 are between 19 and 7 % of 100.00, and the store may have rounded; without tax there is nothing to round."""
    found = memo(life_of(a_refund(7, tax, tax)), choice)
    assert [amount for role, _, code, amount in found if role == "product" and code == "A1"] == [base]
    assert [amount for role, _, code, amount in found if role == "tax" and code != "A1"] == [stays]


@pytest.mark.parametrize(("total", "full"), [("17.10", "100.00"), ("26.10", "91.00")])
def test_a_price_and_its_discount_move_with_their_base(total: str, full: str) -> None:
    """Discounts have an account of their own, and stay what they were where a part of the price is given back, too."""
    own = a_mapping(('language = "DE"', 'language = "DE"\ndiscounts = "own_account"'))
    life = life_of(a_refund(7, total, "17.10"), order=an_order(Line("119.00", discount="11.90")), mapping=own)
    assert memo(life, "move:A1:A0")[1:5] == [
        ("product", "800000", "A1", "100.00"),
        ("product", "800000", "A0", f"-{full}"),
        ("discount", "888000", "A1", "-10.00"),
        ("discount", "888000", "A0", "10.00"),
    ]


def test_all_codes_may_have_been_wrong() -> None:
    """Where no single one holds so much tax, all of it moves."""
    life = life_of(a_refund(7, "22.50", "22.50"), order=TWO)
    assert cause_of(life).choices == ("move:all:A0",)
    assert memo(life, "move:all:A0")[-3:] == [
        ("tax", "", "A1", "19.00"),
        ("tax", "", "A0", "0.00"),
        ("tax", "", "A2", "3.50"),
    ]
    assert life.owed_by_customer == Decimal("150.00")


def test_what_was_charged_without_tax_stays_where_it_is() -> None:
    """Although all that was taxed moves to its code."""
    lines = (Line("119.00"), Line("53.50", rate="7", product_id=112), Line("10.00", rate="0", product_id=113))
    life = life_of(a_refund(7, "22.50", "22.50"), order=an_order(*lines))
    assert cause_of(life).choices == ("move:all:A0",)
    assert [amount for _, _, code, amount in memo(life, "move:all:A0") if code == "A0"] == ["-100.00", "-50.00", "0.00"]


def test_a_price_is_reduced_at_one_code_alone() -> None:
    """2.25 of tax on 15.00 are what both codes have together, but not what a part of either has."""
    assert cause_of(life_of(a_refund(7, "17.25", "2.25"), order=TWO)).choices == ("move:A2:A0",)


def test_of_several_codes_each_that_can_be_meant_is_a_choice() -> None:
    """3.50 may be all of the 7 %, or a part of the 19 %."""
    assert cause_of(life_of(a_refund(7, "3.50", "3.50"), order=TWO)).choices == (
        "move:A1:A2",
        "move:A1:A0",
        "move:A2:A0",
    )


@pytest.mark.parametrize(
    ("total", "tax"),
    [("20.00", "20.00"), ("5.00", "0"), ("19.00", "-19.00"), ("0", "-1.00"), ("9.00", "9.50"), ("130.00", "19.00")],
)
def test_what_no_code_comes_to_is_booked_by_hand(total: str, tax: str) -> None:
    """More than was charged, no tax, tax that no code is higher for, less than its tax; with what there is."""
    cause = cause_of(life_of(a_refund(7, total, tax)))
    assert cause.choices == ()
    assert cause.sentence == (
        f"refund 7 gives back {total} with {tax} of tax, and no item: which tax code is right must be decided; no tax "
        "code of the mapping comes to that, of what is left: 19.00 of tax on 100.00 at A1; add a [[taxes]] rule with "
        "the code that is right, then `orders reprocess`, or post it by hand"
    )


def test_of_what_was_not_taxed_no_code_was_wrong() -> None:
    """A gift certificate has none."""
    sold = an_order(Line("50.00", rate="0", type="giftcertificate", product_id=0))
    assert (
        "of what is left: nothing that was taxed;"
        in cause_of(life_of(a_refund(7, "1.00", "1.00"), order=sold)).sentence
    )


def test_what_is_given_back_beside_the_tax_comes_off_the_base_that_moves() -> None:
    """10.50 with 9.50 of tax: the 50.00 that it is at 19 % are 49.00 without tax afterwards."""
    life = life_of(a_refund(7, "10.50", "9.50"))
    cause = cause_of(life)
    assert cause.choices == ("move:A1:A2", "move:A1:A0")
    assert "move:A1:A2: 14.93 of tax on 78.58 at A1 become 5.43 on 77.58 at A2" in cause.sentence
    assert "move:A1:A0: 9.50 of tax on 50.00 at A1 become 0.00 on 49.00 at A0 (zero_rated)" in cause.sentence
    assert memo(life, "move:A1:A0") == [
        ("customer", "99000", "", "-10.50"),
        ("product", "800000", "A1", "50.00"),
        ("product", "800000", "A0", "-49.00"),
        ("tax", "", "A1", "9.50"),
        ("tax", "", "A0", "0.00"),
    ]
    life.now(status_id=5, date_modified=PLACED + timedelta(days=3)).settle()
    assert life.books() == {}


def test_what_is_given_back_at_its_rate_moves_nothing() -> None:
    """11.90 with 1.90 of tax are 10.00 less at 19 %, on every account its share."""
    life = life_of(a_refund(7, "11.90", "1.90"), order=an_order(Line("89.25"), Line("29.75", product_id=112)))
    cause = cause_of(life)
    assert cause.choices == ("reduce:A1",)
    assert "reduce:A1: 1.90 of tax on 10.00 at A1 are given back" in cause.sentence
    assert follows("reduce:A1") == "a credit memo at A1, spread over what is left there"
    assert memo(life, "reduce:A1") == [
        ("customer", "99000", "", "-11.90"),
        ("product", "800000", "A1", "7.50"),
        ("product", "800000", "A1", "2.50"),
        ("tax", "", "A1", "1.90"),
    ]
    life.now(status_id=5, date_modified=PLACED + timedelta(days=3)).settle()
    assert life.books() == {}


def test_a_merchant_s_own_values_without_items_need_not_be_at_their_rate() -> None:
    """Also below zero, while they stay below what they are on, and within what is left of the code."""
    override = {"uses_merchant_override_values": True}
    assert memo(life_of(a_refund(7, "4.00", "-1.00", **override)), "reduce:A1") == [
        ("customer", "99000", "", "-4.00"),
        ("product", "800000", "A1", "5.00"),
        ("tax", "", "A1", "-1.00"),
    ]
    assert cause_of(life_of(a_refund(7, "95.00", "0.01", **override))).choices == ()
    assert cause_of(life_of(a_refund(7, "1.90", "1.00", **override))).choices == ("move:A1:A2", "move:A1:A0")


def test_tax_below_zero_is_more_tax_within_the_price() -> None:
    """12.73 at 7 % are 11.90 and 0.83, at 19 % 10.70 and 2.03: 1.20 more tax, and the customer owes what he owed."""
    reduced = an_order(Line("107.00", rate="7", product_id=112, categories=(22,)))
    life = life_of(a_refund(7, "0", "-1.20"), order=reduced)
    cause = cause_of(life)
    assert cause.choices == ("move:A2:A1",)
    assert "move:A2:A1: 0.83 of tax on 11.90 at A2 become 2.03 on 10.70 at A1" in cause.sentence
    assert memo(life, "move:A2:A1") == [
        ("customer", "99000", "", "12.73"),
        ("customer", "99000", "", "-12.73"),
        ("product", "800100", "A2", "11.90"),
        ("product", "800100", "A1", "-10.70"),
        ("tax", "", "A2", "0.83"),
        ("tax", "", "A1", "-2.03"),
    ]
    life.now(status_id=5, date_modified=PLACED + timedelta(days=3)).settle()
    assert life.books() == {}


def test_what_was_not_taxed_may_have_to_be() -> None:
    """119.00 sold without tax, 19.00 of which is tax by now."""
    free = an_order(Line("119.00", rate="0"))
    memo(life := life_of(a_refund(7, "0", "-19.00"), order=free), "move:A0:A1")
    assert life.books() == {
        ("99000", "", ""): Decimal("119.00"),
        ("800000", "4200", "A1"): Decimal("-100.00"),
        ("", "", "A1"): Decimal("-19.00"),
    }


def test_cents_that_rounding_would_allow_are_not_more_than_was_charged() -> None:
    """0.02 on 0.10 is a unit within 7 %, and 0.03 would leave tax below zero."""
    assert cause_of(life_of(a_refund(7, "0.03", "0.03"), order=an_order(Line("0.12")))).choices == ()
    assert cause_of(life_of(a_refund(7, "0.01", "0.01"), order=an_order(Line("0.12")))).choices == (
        "move:A1:A2",
        "move:A1:A0",
    )


def test_tax_that_is_not_at_its_rate_is_moved_by_hand() -> None:
    """Such as a merchant's own refund has left: SAP would post 9.00 on 10.00 at 19 % without a word."""
    own = a_refund(6, "100.00", "10.00", an_item("PRODUCT", 61, "100.00", 1), uses_merchant_override_values=True)
    life = life_of(own)
    life.post()
    life.parts(refunds=[own, a_refund(7, "9.00", "9.00")])
    assert cause_of(life).choices == ()


@pytest.mark.parametrize(
    ("selectors", "is_offered"),
    [
        ('countries = ["DE"]', True),
        ("", True),
        ('countries = ["AT"]', True),
        ('countries = ["FR"]', False),
        ('countries = ["DE"]\ncompany_codes = ["2000"]', False),
    ],
)
def test_only_codes_for_a_country_of_the_order_are_offered(selectors: str, *, is_offered: bool) -> None:
    """Where it goes, is billed or fetched; of the company code that posts."""
    mapping = a_mapping(more=REDUCED.replace('countries = ["DE"]', selectors) + ELSEWHERE)
    pickups = {"pickups": [{"id": 71, "location": {"country_alpha2": "AT"}}]}
    life = life_of(a_refund(7, "6.00", "6.00"), order=revised(LAMP, consignments=pickups), mapping=mapping)
    assert ("move:A1:R1" in cause_of(life).choices) is is_offered


def test_a_code_whose_rate_the_store_decides_is_no_choice() -> None:
    """Nobody knows what the tax should have been."""
    mapping = a_mapping(more=REDUCED.replace("rate = 7\n", ""))
    assert "move:A1:R1" not in cause_of(life_of(a_refund(7, "6.00", "6.00"), mapping=mapping)).choices


HALF = a_refund(7, "9.50", "9.50")
"""Of 19.00 for two lamps."""


def moved_in_part(**options: Any) -> Life:
    """Return an order of two lamps at 59.50, half of whose base has moved to A0."""
    life = life_of(HALF, order=an_order(Line("59.50", 2)), **options)
    life.decide("move:A1:A0").post()
    return life


def test_pieces_given_back_later_come_from_both_codes() -> None:
    """The last takes the rest, and nothing is left of either."""
    life = moved_in_part()
    each = [a_refund(number, "54.75", "4.75", an_item("PRODUCT", 61, "54.75", 1)) for number in (8, 9)]
    life.parts(refunds=[HALF, each[0]])
    assert posted(life.post()) == [
        ("customer", "99000", "", "-54.75"),
        ("product", "800000", "A1", "25.00"),
        ("product", "800000", "A0", "25.00"),
        ("tax", "", "A1", "4.75"),
        ("tax", "", "A0", "0.00"),
    ]
    life.parts(refunds=[HALF, *each])
    life.settle()
    assert life.books() == {}


def test_what_moved_wholly_is_given_back_at_its_new_code() -> None:
    """With its pieces; the old code has nothing left."""
    whole = a_refund(7, "19.00", "19.00")
    life = life_of(whole, order=an_order(Line("59.50", 2)))
    life.decide("move:A1:A0").post()
    life.parts(refunds=[whole, a_refund(8, "50.00", "0", an_item("PRODUCT", 61, "50.00", 1))])
    assert posted(life.post())[1:] == [("product", "800000", "A0", "50.00"), ("tax", "", "A0", "0.00")]
    again = a_refund(9, "100.00", "0", an_item("PRODUCT", 61, "100.00", 2))
    life.parts(refunds=[whole, a_refund(8, "50.00", "0", an_item("PRODUCT", 61, "50.00", 1)), again])
    assert cause_of(life).key == "refused:refund_exceeds"


def test_shelf_accounts_take_the_pieces_that_are_counted() -> None:
    """The part that moved stays where it was sold."""
    shelf = 'restocked = { gl_account = "800010", cost_center = "4200" }'
    life = moved_in_part(mapping=a_mapping(('language = "DE"', f'language = "DE"\n{shelf}')))
    life.parts(refunds=[HALF, a_refund(8, "54.75", "4.75", an_item("PRODUCT", 61, "54.75", 1))])
    assert posted(life.post())[1:3] == [("product", "800010", "A1", "25.00"), ("product", "800000", "A0", "25.00")]


def test_a_cancellation_takes_both_codes_back() -> None:
    """Every account, code and base ends at zero."""
    life = moved_in_part().now(status_id=5, date_modified=PLACED + timedelta(days=3))
    life.settle()
    assert life.books() == {}


def test_a_declined_payment_moves_the_base_back() -> None:
    """As with any refund."""
    life = moved_in_part()
    declined = HALF | {"payments": [HALF["payments"][0] | {"is_declined": True}]}
    piece = a_refund(8, "59.50", "9.50", an_item("PRODUCT", 61, "59.50", 1))
    life.parts(refunds=[declined, piece]).settle()
    assert (life.documents.pop().gross, life.documents[-1].gross) == (Decimal("-59.50"), Decimal("9.50"))
    assert life.books() == {
        ("99000", "", ""): Decimal("119.00"),
        ("800000", "4200", "A1"): Decimal("-100.00"),
        ("", "", "A1"): Decimal("-19.00"),
    }


def test_tax_given_back_as_store_credit_is_a_liability() -> None:
    """The customer's account does not move."""
    credit = {"payments": [{"id": 70, "provider_id": "storecredit", "amount": "19.00"}]}
    life = life_of(a_refund(7, "19.00", "19.00") | credit)
    assert ("store_credit_used", "176600", "", "-19.00") in memo(life, "move:A1:A0")
    assert life.owed_by_customer == Decimal("119.00")


def test_another_refund_makes_it_another_question() -> None:
    """What was decided was about other amounts."""
    life = life_of(a_refund(7, "19.00", "19.00"), order=an_order(Line("119.00", 2)))
    before = life.decide("move:A1:A0").decisions[-1]
    life.parts(
        refunds=[a_refund(6, "119.00", "19.00", an_item("PRODUCT", 61, "119.00", 1)), a_refund(7, "19.00", "19.00")]
    )
    assert posted(life.post())[0][3] == "-119.00"
    cause = cause_of(life)
    assert (cause.key, cause.proposal == before.proposal) == (before.cause, False)


KEYS = 'revenue = "deferred"\ndeferred_revenue = { gl_account = "249000", cost_center = "" }'
DEFERRING = a_mapping(('language = "DE"', f'language = "DE"\n{KEYS}'))


def deferred(*refunds: dict[str, Any]) -> Life:
    """Return an order of two lamps whose revenue is deferred until they have left."""
    return life_of(*refunds, order=an_order(Line("59.50", 2)), mapping=DEFERRING)


def shipped(*pieces: int) -> dict[str, Any]:
    """Return the shipments of so many lamps each."""
    items = [[{"order_product_id": 61, "quantity": count}] for count in pieces]
    return {"shipments": [{"id": 5 + place, "items": one} for place, one in enumerate(items)]}


def test_deferred_revenue_moves_with_its_tax_and_is_earned_with_its_pieces() -> None:
    """Half of it has moved: each lamp that leaves earns a quarter of the whole at either code."""
    life = deferred(HALF)
    assert cause_of(life).choices == ("move:A1:A2", "move:A1:A0")
    assert [line[:3] for line in memo(life, "move:A1:A0")[1:3]] == [
        ("product", "249000", "A1"),
        ("product", "249000", "A0"),
    ]
    life.parts(**shipped(1)).settle()
    books = life.books()
    assert [books["800000", "4200", code] for code in ("A1", "A0")] == [Decimal("-25.00")] * 2
    assert [books["249000", "", code] for code in ("A1", "A0")] == [Decimal("-25.00")] * 2
    life.parts(**shipped(1, 1)).settle()
    books = life.books()
    assert [books["800000", "4200", code] for code in ("A1", "A0")] == [Decimal("-50.00")] * 2
    assert not any(account == "249000" for account, *_ in books)


@pytest.mark.parametrize(("tax", "at_a1"), [("19.00", "0"), ("9.50", "50.00")])
def test_what_of_it_was_earned_moves_from_where_it_stands(tax: str, at_a1: str) -> None:
    """One of two lamps has left: the other is earned when it leaves, at the right code, and nothing twice."""
    life = deferred().parts(**shipped(1))
    life.settle()
    refund = a_refund(7, tax, tax)
    life.parts(refunds=[refund])
    assert {line[1] for line in memo(life, "move:A1:A0") if line[0] == "product"} == {"249000", "800000"}
    assert isinstance(life.plan(), Settled)
    life.parts(**shipped(1, 1)).settle()
    books = life.books()
    assert not any(account == "249000" for account, *_ in books)
    assert books.get(("800000", "4200", "A1"), Decimal(0)) == -Decimal(at_a1)
    assert books["800000", "4200", "A0"] == Decimal(at_a1) - 100


def test_revenue_of_a_deleted_shipment_goes_back_at_both_codes() -> None:
    """As it was earned."""
    life = deferred(HALF).decide("move:A1:A0")
    life.post()
    life.parts(**shipped(1, 1)).settle()
    life.parts(**shipped(1)).decide("defer").post()
    books = life.books()
    assert [books["249000", "", code] for code in ("A1", "A0")] == [Decimal("-25.00")] * 2
    assert [books["800000", "4200", code] for code in ("A1", "A0")] == [Decimal("-25.00")] * 2


def test_a_piece_given_back_of_what_moved_in_part_leaves_nothing_deferred() -> None:
    """The lamp that has not left; what stands for the other is earned."""
    life = deferred().parts(**shipped(1))
    life.settle()
    life.parts(refunds=[HALF]).decide("move:A1:A0").post()
    life.parts(refunds=[HALF, a_refund(8, "54.75", "4.75", an_item("PRODUCT", 61, "54.75", 1))]).settle()
    books = life.books()
    assert not any(account == "249000" for account, *_ in books)
    assert [books["800000", "4200", code] for code in ("A1", "A0")] == [Decimal("-25.00")] * 2


TEXAS = """
[tax_codes.O0]
condition_key = "UTXJ"
account_key = "MWS"
[[taxes]]
countries = ["DE"]
rate = 8
tax_code = "O0"
liability_account = "176000"
[[taxes]]
countries = ["DE"]
rate = 0
customer_groups = [4]
reason = "exempt_customer"
tax_code = "O0"
"""


def test_a_state_s_liability_is_given_back_at_the_same_code() -> None:
    """The code carries no tax; what was exempt is told apart from what is not, also later."""
    tax = a_refund(7, "8.00", "8.00")
    life = life_of(tax, order=an_order(Line("54.00", 2, rate="8")), mapping=a_mapping(more=TEXAS))
    assert memo(life, "move:O0@176000:O0") == [
        ("customer", "99000", "", "-8.00"),
        ("product", "800000", "O0", "100.00"),
        ("product", "800000", "O0", "-100.00"),
        ("tax", "176000", "", "8.00"),
        ("tax", "", "O0", "0.00"),
    ]
    life.parts(refunds=[tax, a_refund(8, "50.00", "0", an_item("PRODUCT", 61, "50.00", 1))]).settle()
    assert life.owed_by_customer == Decimal("50.00")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    prices=st.lists(st.tuples(st.integers(1, 99999), st.sampled_from(["19", "7", "0"])), min_size=1, max_size=4),
    back=st.integers(-2000, 20000),
    beside=st.integers(0, 500) | st.just(0),
    shipping=st.integers(0, 900),
    waits=st.booleans(),
)
def test_whatever_is_offered_is_exact_and_within_the_invoice(
    prices: list[tuple[int, str]], back: int, beside: int, shipping: int, *, waits: bool
) -> None:
    """Each document balances and gives back the store's amount; per code nothing above the invoice's base and tax."""
    lines = [
        Line(f"{cents / 100:.2f}", rate=rate, product_id=111 + place) for place, (cents, rate) in enumerate(prices)
    ]
    order = an_order(*lines, shipping=Charge(f"{shipping / 100:.2f}"))
    refund = a_refund(7, f"{(max(back, 0) + beside) / 100:.2f}", f"{back / 100:.2f}")
    mapping = DEFERRING if waits else None
    if order.order.total_inc_tax < 1:
        return
    for choice in cause_of(life_of(refund, order=order, mapping=mapping)).choices:
        life = life_of(refund, order=order, mapping=mapping)
        document = life.decide(choice).post()
        assert document.gross == -Decimal(refund["total_amount"])
        assert sum(line.amount for line in document.lines) == 0
        for one in left_of([entry.facts for entry in life.entries]):
            rest = one.rest
            assert 0 <= rest.tax <= rest.net
            assert abs(rest.tax - rest.net * rest.rate / 100) <= ROUNDED
        life.parts(shipments=[{"id": 5, "items": [{"order_product_id": 61, "quantity": 1}]}]).settle()
        life.parts(shipments=[]).now(status_id=5, date_modified=PLACED + timedelta(days=3)).settle()
        assert life.books() == {}


ROUNDED = 6
"""Units by which a line's tax may be off its rate: of its order's rounding, and of what moved."""
