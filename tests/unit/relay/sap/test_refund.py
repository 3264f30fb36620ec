"""A refund is the invoice's lines at the store's total and tax, or refused with the arithmetic."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.models import OrderSnapshot, Refund
from mlconnector_relay.sap.credit_memo import refund_memo
from mlconnector_relay.sap.frozen import Frozen, FrozenLine
from mlconnector_relay.sap.mapping import Mapping
from mlconnector_relay.sap.reference import Kind, StepId
from mlconnector_relay.sap.remaining import negated
from mlconnector_relay.sap.values import Built, Refusal

from tests.support.building import built, posted, with_parts
from tests.support.lives import Life, a_refund, an_item
from tests.support.mappings import STORE, a_mapping
from tests.support.orders import PLACED, Charge, Line, an_order, revised

D = Decimal
LAMPS = an_order(
    Line("119.00", 3, wrapping="2.38"),
    Line("53.50", rate="7", product_id=112, categories=(22,), sku="SKU-2"),
    shipping=Charge("5.95"),
    handling=Charge("1.19"),
    fees=(Charge("11.90"),),
)


def company(*lines: str) -> Mapping:
    """The mapping with options of the company code."""
    return a_mapping(('language = "DE"', "\n".join(('language = "DE"', *lines))))


def memo(
    refund: dict[str, Any],
    snapshot: OrderSnapshot = LAMPS,
    mapping: Mapping | None = None,
    before: tuple[Frozen, ...] = (),
) -> Built | Refusal:
    """Build the credit memo of a refund of an order whose invoice is posted."""
    mapping = mapping or a_mapping()
    documents = (built(snapshot, mapping).facts, *before)
    step = StepId("acme", "abc123", 1000123, Kind.REFUND, refund["id"])
    found = refund_memo(Refund.model_validate(refund), documents, snapshot, mapping, STORE, step)
    assert isinstance(found, Built | Refusal), found
    return found


def given(refund: dict[str, Any], *arguments: Any, **options: Any) -> list[tuple[str, str, str, str]]:
    """The lines of a refund that must be posted."""
    found = memo(refund, *arguments, **options)
    assert isinstance(found, Built), found
    return posted(found)


def refused(refund: dict[str, Any], *arguments: Any, **options: Any) -> Refusal:
    """The refusal of a refund that must not be posted."""
    found = memo(refund, *arguments, **options)
    assert isinstance(found, Refusal), found
    return found


# --- items ---


@pytest.mark.parametrize(
    ("item", "total", "tax", "lines"),
    [
        (an_item("PRODUCT", 61, "238.00", 2), "238.00", "38.00", [("product", "800000", "A1", "200.00")]),
        (an_item("PRODUCT", 62, "53.50", 1), "53.50", "3.50", [("product", "800100", "A2", "50.00")]),
        (an_item("GIFT_WRAPPING", 61, "2.38"), "2.38", "0.38", [("wrapping", "808200", "A1", "2.00")]),
        (an_item("SHIPPING", 51, "5.95"), "5.95", "0.95", [("freight", "808000", "A1", "5.00")]),
        (an_item("SHIPPING", 51, "5.95", 1), "5.95", "0.95", [("freight", "808000", "A1", "5.00")]),
        (an_item("SHIPPING", 51, "2.38"), "2.38", "0.38", [("freight", "808000", "A1", "2.00")]),
        (an_item("HANDLING", 51, "1.19"), "1.19", "0.19", [("handling", "808100", "A1", "1.00")]),
        (an_item("FEE", 1, "11.90"), "11.90", "1.90", [("fee", "808300", "A1", "10.00")]),
        (an_item("FEE", 1000123, "11.90"), "11.90", "1.90", [("fee", "808300", "A1", "10.00")]),
    ],
)
def test_each_item_takes_back_its_line(item: Any, total: str, tax: str, lines: list[Any]) -> None:
    """On its account, with its tax code; a fee may be named by the order."""
    code = lines[0][2]
    assert given(a_refund(1, total, tax, item)) == [
        ("customer", "99000", "", f"-{total}"),
        *lines,
        ("tax", "", code, tax),
    ]


def test_a_product_of_a_gift_certificate_takes_back_the_liability() -> None:
    """No revenue, no tax."""
    snapshot = an_order(Line("50.00", rate="0", type="giftcertificate", product_id=0))
    assert given(a_refund(1, "50.00", "0", an_item("PRODUCT", 61, "50.00", 1)), snapshot) == [
        ("customer", "99000", "", "-50.00"),
        ("gift_certificate", "176500", "", "50.00"),
    ]


def test_pieces_have_their_rounded_share_and_the_last_takes_the_rest() -> None:
    """10.00 / 3 = 3.33, 3.33, 3.34; so has their tax."""
    snapshot = an_order(Line("10.00"))
    one = snapshot.products[0].model_dump() | {"quantity": 3}
    snapshot = OrderSnapshot.model_validate(snapshot.model_dump() | {"products": [one]})
    before: tuple[Frozen, ...] = ()
    found = []
    for number, (total, tax) in enumerate([("3.33", "0.53"), ("3.33", "0.53"), ("3.34", "0.54")], 1):
        document = memo(a_refund(number, total, tax, an_item("PRODUCT", 61, None, 1)), snapshot, before=before)
        assert isinstance(document, Built), document
        before = (*before, document.facts)
        found.append([str(line.amount) for line in document.lines])
    assert found == [["-3.33", "2.80", "0.53"], ["-3.33", "2.80", "0.53"], ["-3.34", "2.80", "0.54"]]


@pytest.mark.parametrize("stated", ["0.00", "0.01", None])
def test_a_piece_may_round_to_nothing(stated: str | None) -> None:
    """Three for 0.01 are 0.00 each: beside something else one is given back, and it has no tax."""
    snapshot = an_order(Line("0.01", 3, discount="0.02"), Line("107.00", rate="7", product_id=112))
    items = an_item("PRODUCT", 61, stated, 1), an_item("PRODUCT", 62, "107.00" if stated else None, 1)
    total = "107.01" if stated == "0.01" else "107.00"
    found = given(a_refund(1, total, "7.00", *items), snapshot)
    assert found[0][3] == f"-{total}"
    assert [amount for role, _, _, amount in found if role == "tax" and amount != "0.00"] == ["7.00"]


def test_discounts_on_their_own_account_are_taken_back_in_proportion() -> None:
    """The full price from revenue, the discount from its account."""
    own = company('discounts = "own_account"')
    snapshot = an_order(Line("119.00", 2, discount="23.80"))
    assert given(a_refund(1, "107.10", "17.10", an_item("PRODUCT", 61, "107.10", 1)), snapshot, own) == [
        ("customer", "99000", "", "-107.10"),
        ("product", "800000", "A1", "100.00"),
        ("discount", "888000", "A1", "-10.00"),
        ("tax", "", "A1", "17.10"),
    ]


# --- readings ---


@pytest.mark.parametrize(
    ("item", "reading"),
    [
        (an_item("PRODUCT", 61, "119.00", 1), "items as stated, with tax"),
        (an_item("PRODUCT", 61, "100.00", 1), "items as stated, without tax"),
        (an_item("PRODUCT", 61, None, 1), "items as invoiced"),
        (an_item("PRODUCT", 61, "119.01", 1), "items as invoiced"),
        (
            an_item("PRODUCT", 61, "150.00", 1, adjustments=[{"amount": "-31.00"}]),
            "items less what was kept back, with tax",
        ),
        (
            an_item("PRODUCT", 61, "131.00", 1, adjustments=[{"amount": "-31.00"}]),
            "items less what was kept back, without tax",
        ),
        (an_item("PRODUCT", 61, "77.00", 1), "items as invoiced"),
    ],
)
def test_whether_items_include_tax_is_decided_by_the_total(item: Any, reading: str) -> None:
    """One document, whatever the store means by an item's amount."""
    document = memo(a_refund(1, "119.00", "19.00", item))
    assert isinstance(document, Built), document
    assert document.reading == reading
    assert [str(line.amount) for line in document.lines] == ["-119.00", "100.00", "19.00"]


def test_several_items_share_the_total() -> None:
    """Net basis and two rates: each has its own base and tax."""
    items = (an_item("PRODUCT", 61, "100.00", 1), an_item("PRODUCT", 62, "50.00", 1))
    assert given(a_refund(1, "172.50", "22.50", *items))[1:] == [
        ("product", "800000", "A1", "100.00"),
        ("product", "800100", "A2", "50.00"),
        ("tax", "", "A1", "19.00"),
        ("tax", "", "A2", "3.50"),
    ]


def test_less_than_a_piece_costs_is_a_part_of_it() -> None:
    """Something was kept back: base and tax in proportion."""
    kept = an_item("PRODUCT", 61, "119.00", 1, adjustments=[{"amount": "-59.50"}])
    assert given(a_refund(1, "59.50", "9.50", kept))[1:] == [
        ("product", "800000", "A1", "50.00"),
        ("tax", "", "A1", "9.50"),
    ]


def test_an_item_may_be_stated_a_cent_apart() -> None:
    """It was rounded alone; two cents are no rounding of one item."""
    assert given(a_refund(1, "59.50", "9.50", an_item("PRODUCT", 61, "59.51", 1)))[0][3] == "-59.50"
    assert refused(a_refund(1, "59.50", "9.50", an_item("PRODUCT", 61, "59.52", 1))).rule == "refused:refund_sum"


def test_what_is_stated_counts_where_it_is_stated_of_every_item() -> None:
    """The total is that of the one alone that says its amount: what the other was given back for, nobody says."""
    items = (an_item("PRODUCT", 61, "119.00", 1), an_item("PRODUCT", 62, None, 1))
    assert refused(a_refund(1, "119.00", "19.00", *items)).sentence == (
        "refund 1 gives back 119.00 with 19.00 of tax for its items, but they are: "
        "items as invoiced 172.50, -53.50 apart"
    )


def test_no_item_is_given_back_for_less_than_nothing() -> None:
    """More was kept back of the lamp than it cost: the rest is no part of any line."""
    kept = an_item("PRODUCT", 61, "119.00", 1, adjustments=[{"amount": "-150.00"}])
    found = refused(a_refund(1, "22.50", "3.59", kept, an_item("PRODUCT", 62, "53.50", 1)))
    assert found.rule == "refused:refund_sum"
    assert "items less what was kept back, with tax 22.50, +0.00 apart" in found.sentence


@pytest.mark.parametrize("amount", ["77.00", "0"])
def test_items_that_do_not_add_up_are_refused_with_the_arithmetic(amount: str) -> None:
    """Neither with nor without tax."""
    found = refused(a_refund(1, "80.00", "12.77", an_item("PRODUCT", 61, amount, 1)))
    assert found.rule == "refused:refund_sum"
    assert found.sentence.startswith(
        f"refund 1 gives back 80.00 with 12.77 of tax for its items, but they are: items as stated, with tax {amount}"
    )
    assert "items as invoiced 119.00, -39.00 apart" in found.sentence


def test_what_no_item_explains_may_have_an_account() -> None:
    """Where the company code says so."""
    remainder = company('refund_remainder = { gl_account = "898100", cost_center = "4900" }')
    assert given(a_refund(1, "124.00", "19.00", an_item("PRODUCT", 61, "119.00", 1)), mapping=remainder) == [
        ("customer", "99000", "", "-124.00"),
        ("product", "800000", "A1", "100.00"),
        ("refund_remainder", "898100", "", "5.00"),
        ("tax", "", "A1", "19.00"),
    ]
    small = given(a_refund(1, "119.50", "19.00", an_item("PRODUCT", 61, "119.00", 1)), mapping=remainder)
    assert ("refund_remainder", "898100", "", "0.50") in small
    less = a_refund(1, "80.00", "12.77", an_item("PRODUCT", 61, "119.00", 1))
    assert refused(less, mapping=remainder).rule == "refused:refund_sum"


@pytest.mark.parametrize(
    ("price", "total", "tax", "lines"),
    [
        ("1.234", "1.23", "0.20", ["-1.230", "1.033", "0.197"]),
        ("1.246", "1.24", "0.20", ["-1.240", "1.041", "0.199"]),
        ("1.190", "1.19", "0.20", ["-1.190", "1.000", "0.190"]),
        ("1.234", "0.62", "0.10", ["-0.620", "0.520", "0.100"]),
    ],
)
def test_currencies_of_three_decimals_are_refunded_in_cents(price: str, total: str, tax: str, lines: list[str]) -> None:
    """The rest stays open, for the customer's account to show; a cent of tax has no more than was charged."""
    snapshot = an_order(Line(price), currency="KWD", step="0.001")
    document = memo(a_refund(1, total, tax, an_item("PRODUCT", 61, total, 1)), snapshot)
    assert isinstance(document, Built), document
    assert [str(line.amount) for line in document.lines] == lines


# --- what is refused ---


def test_a_refund_of_tax_alone_waits_for_a_person() -> None:
    """Nobody says which tax was wrong."""
    found = refused(a_refund(1, "9.50", "9.50"))
    assert found.rule == "decision:refund_tax"
    assert found.sentence == (
        "refund 1 gives back 9.50 with 9.50 of tax, and no item: which tax code is right must be decided"
    )


@pytest.mark.parametrize(
    ("item", "rule"),
    [
        (an_item("PRODUCT", 99, "1.00", 1), "refused:refund_item"),
        (an_item("SHIPPING", 99, "1.00"), "refused:refund_item"),
        (an_item("TAX", 1, "1.00"), "refused:refund_item"),
        (an_item("PRODUCT", 61, "476.00", 4), "refused:refund_exceeds"),
    ],
)
def test_what_was_not_invoiced_is_not_given_back(item: Any, rule: str) -> None:
    """An unknown item, or more pieces than there are."""
    assert refused(a_refund(1, "1.00", "0.16", item)).rule == rule


def test_of_what_was_given_back_nothing_is_left() -> None:
    """The refusal says how much; of a cent there is one to give."""
    shipping = a_refund(1, "5.95", "0.95", an_item("SHIPPING", 51, "5.95"))
    before = memo(shipping)
    assert isinstance(before, Built)
    found = refused(shipping | {"id": 2}, before=(before.facts,))
    assert found.rule == "refused:refund_exceeds"
    assert found.sentence == "refund 2: 1 of Shipping Parcel given back, 0 at 0.00 are left of what was invoiced"
    cent = an_order(Line("119.00"), shipping=Charge("0.01", rate="0"))
    lines = given(a_refund(1, "0.01", "0", an_item("SHIPPING", 51, "0.01")), cent)
    assert ("freight", "808000", "A0", "0.01") in lines


def taxed_at_seven(line: FrozenLine, gross: int) -> FrozenLine:
    """The line, or so much of it, at 7 %."""
    tax, code = round(gross * 7 / 107), built(LAMPS).facts.lines[1].code
    return replace(line, code=code, rate=D(7), full=gross - tax, net=gross - tax, tax=tax)


def test_what_an_edit_moved_to_another_tax_code_is_given_back_there() -> None:
    """Of three lamps at 119.00 one; nothing is left of them at 19 %."""
    invoice = built(LAMPS).facts
    edit = replace(invoice, about="edit", lines=(negated(invoice.lines[0]), taxed_at_seven(invoice.lines[0], 35700)))
    assert given(a_refund(1, "119.00", "7.79", an_item("PRODUCT", 61, "119.00", 1)), before=(edit,)) == [
        ("customer", "99000", "", "-119.00"),
        ("product", "800000", "A2", "111.21"),
        ("tax", "", "A2", "7.79"),
    ]


def test_a_charge_at_two_rates_is_given_back_at_both() -> None:
    """An edit left 3.57 of shipping at 19 %, 2.38 are at 7 %: what is stated is shared out."""
    invoice = built(LAMPS).facts
    [freight] = [line for line in invoice.lines if line.role == "freight"]
    moved = (replace(freight, full=-200, net=-200, tax=-38), taxed_at_seven(freight, 238))
    found = memo(
        a_refund(1, "5.95", "0.73", an_item("SHIPPING", 51, "5.95")),
        before=(replace(invoice, about="edit", lines=moved),),
    )
    assert isinstance(found, Built)
    assert found.reading == "items as stated, with tax"
    assert posted(found)[1:] == [
        ("freight", "808000", "A1", "3.00"),
        ("freight", "808000", "A2", "2.22"),
        ("tax", "", "A1", "0.57"),
        ("tax", "", "A2", "0.16"),
    ]


def test_charges_of_the_whole_order_are_given_back_to_any_address() -> None:
    """Where they were invoiced as one; one of several addresses is named by its own."""
    places = [LAMPS.shipping_addresses[0].model_dump() | {"id": number} for number in (51, 52)]
    rows = [row.model_dump() | {"order_address_id": None} for row in LAMPS.taxes]
    whole = with_parts(LAMPS, shipping_addresses=places, taxes=rows)
    costs = {"cost_ex_tax": "2.5", "cost_inc_tax": "2.975", "cost_tax": "0.475"}
    handling = {"handling_cost_ex_tax": "0.5", "handling_cost_inc_tax": "0.595", "handling_cost_tax": "0.095"}
    each = with_parts(whole, shipping_addresses=[place | costs | handling for place in places])
    assert given(a_refund(1, "5.95", "0.95", an_item("SHIPPING", 52, "5.95")), whole)[1][3] == "5.00"
    assert given(a_refund(1, "2.98", "0.48", an_item("SHIPPING", 52, "2.98")), each)[1][3] == "2.50"
    assert refused(a_refund(1, "2.98", "0.48", an_item("SHIPPING", 53, "2.98")), each).rule == "refused:refund_item"


def test_no_more_than_is_left_is_given_back() -> None:
    """Of a line, of a code, in all."""
    whole = memo(a_refund(1, "357.00", "57.00", an_item("PRODUCT", 61, "357.00", 3)))
    assert isinstance(whole, Built)
    again = a_refund(2, "119.00", "19.00", an_item("PRODUCT", 61, "119.00", 1))
    assert refused(again, before=(whole.facts,)).rule == "refused:refund_exceeds"
    dear = refused(a_refund(1, "6.95", "1.11", an_item("SHIPPING", 51, "6.95")))
    assert dear.sentence == "refund 1 gives back 6.95 for Shipping Parcel, 5.95 are left of what was invoiced"


def test_a_line_rounded_alone_may_be_a_unit_more_than_in_its_order() -> None:
    """Stored prices have four decimals: in an order of 26.0123 only one of two lines at 10.0049 is 10.01."""
    snapshot = an_order(Line("10.0049"), Line("10.0049"), Line("5.0025"), Line("1.00"), step="0.0001")
    assert [line.gross for line in built(snapshot).facts.lines] == [1001, 1000, 500, 100]
    second = a_refund(1, "10.01", "1.60", an_item("PRODUCT", 62, "10.01", 1))
    assert given(second, snapshot)[0][3] == "-10.01"
    assert refused(a_refund(1, "10.02", "1.60", an_item("PRODUCT", 62, "10.02", 1)), snapshot).sentence == (
        "refund 1 gives back 10.02 for SKU-1, 10.00 are left of what was invoiced"
    )


@pytest.mark.parametrize(
    ("total", "tax", "rule", "says"),
    [
        ("50.00", "10.00", "refused:refund_taxes", "at its rate it would be 7.6"),
        ("119.00", "0", "refused:refund_taxes", "at its rate it would be 22.61"),
    ],
)
def test_tax_that_is_not_its_rate_is_refused(total: str, tax: str, rule: str, says: str) -> None:
    """SAP would post it without a word."""
    found = refused(a_refund(1, total, tax, an_item("PRODUCT", 61, total, 1)))
    assert (found.rule, says in found.sentence) == (rule, True), found.sentence


def test_tax_of_a_refund_may_be_a_cent_per_line_and_one_more_off_its_rate() -> None:
    """Two cents on one line are rounding, three are not."""
    snapshot = an_order(Line("1190.00", 2))

    def of_a_thousand(tax: str) -> dict[str, Any]:
        total = str(1000 + D(tax))
        return a_refund(1, total, tax, an_item("PRODUCT", 61, total, 1))

    assert given(of_a_thousand("190.02"), snapshot)[-1] == ("tax", "", "A1", "190.02")
    found = refused(of_a_thousand("190.03"), snapshot)
    assert found.sentence == "refund 1: 190.03 of tax on 1000.00 for A1; at its rate it would be 190"


def test_a_merchant_s_own_values_may_be_any_within_the_invoice() -> None:
    """Also tax below zero; but no tax above its base, and nothing above what is left of the code."""
    override = {"uses_merchant_override_values": True}

    def own(total: str, tax: str) -> dict[str, Any]:
        return a_refund(1, total, tax, an_item("PRODUCT", 61, total, 1), **override)

    assert [amount for *_, amount in given(own("119.00", "10.00"))] == ["-119.00", "109.00", "10.00"]
    assert [amount for *_, amount in given(own("20.00", "-1.00"))] == ["-20.00", "21.00", "-1.00"]
    assert [amount for *_, amount in given(own("10.00", "5.00"))] == ["-10.00", "5.00", "5.00"]
    above = "refund 1 gives back 5.01 of tax on 5.00 for A1: SAP takes no tax above its base (FF 747)"
    assert refused(own("10.01", "5.01")).sentence == above
    assert refused(own("10.01", "5.01")).rule == "refused:refund_taxes"
    assert "of the tax of A1" in refused(own("300.00", "70.00")).sentence
    free = an_order(Line("119.00"))
    cent_more = refused(a_refund(1, "119.00", "19.01", an_item("PRODUCT", 61, "119.00", 1)), free)
    assert cent_more.sentence == "refund 1 gives back 19.01 of the tax of A1, 19.00 are left of what was invoiced"
    assert "of the base of A1" in refused(own("119.00", "10.00"), free).sentence


def test_each_state_gives_back_its_own_tax() -> None:
    """One code stands for all of them: what is owed to one is no tax of another."""
    states = [(f'tax_code = "{code}"', f'tax_code = "A0"\nliability_account = "{account}"') for code, account in STATES]
    snapshot = an_order(Line("119.00"), Line("53.50", rate="7", product_id=112))
    override = a_refund(1, "100.00", "22.00", an_item("PRODUCT", 61, "100.00", 1), uses_merchant_override_values=True)
    found = refused(override, snapshot, a_mapping(*states))
    assert found.sentence == "refund 1 gives back 22.00 of the tax of A0@176000, 19.00 are left of what was invoiced"


STATES = (("A1", "176000"), ("A2", "176001"))


def test_tax_for_what_was_not_taxed_is_refused() -> None:
    """There is no code to take it back from."""
    snapshot = an_order(Line("50", rate="0"))
    found = refused(a_refund(1, "50.00", "1.00", an_item("PRODUCT", 61, "50.00", 1)), snapshot)
    assert found.rule == "refused:refund_taxes"


def test_more_than_the_order_cost_is_refused() -> None:
    """Also where no line has a limit of its own."""
    goodwill = company('order_level_refund = "goodwill"', 'goodwill = { gl_account = "889000", cost_center = "4900" }')
    found = refused(a_refund(1, "9999.00", "0", an_item("ORDER", 1000123, "9999.00")), mapping=goodwill)
    assert found.rule == "refused:refund_exceeds"
    assert "9999.00 in all" in found.sentence


# --- for the order as a whole ---


def test_a_refund_of_the_whole_order_waits_for_a_rule() -> None:
    """It carries no tax, and nobody says what it was for."""
    found = refused(a_refund(1, "10.00", "0", an_item("ORDER", 1000123, "10.00")))
    assert found.rule == "decision:refund_order"
    assert found.sentence == (
        "refund 1 gives back 10.00 for the order as a whole, without tax: set order_level_refund, or decide this one"
    )


def test_goodwill_has_its_own_account_without_tax() -> None:
    """Where the rule says so; beside items too."""
    goodwill = company('order_level_refund = "goodwill"', 'goodwill = { gl_account = "889000", cost_center = "4900" }')
    alone = a_refund(1, "10.00", "0", an_item("ORDER", 1000123, None))
    assert given(alone, mapping=goodwill) == [("customer", "99000", "", "-10.00"), ("goodwill", "889000", "", "10.00")]
    both = a_refund(1, "129.00", "19.00", an_item("PRODUCT", 61, "119.00", 1), an_item("ORDER", 1000123, "10.00"))
    turned = both | {"items": both["items"][::-1]}
    assert given(turned, mapping=goodwill) == given(both, mapping=goodwill)
    assert [amount for *_, amount in given(both, mapping=goodwill)] == ["-129.00", "100.00", "10.00", "19.00"]
    unsaid = a_refund(1, "129.00", "19.00", an_item("PRODUCT", 61, "119.00", 1), an_item("ORDER", 1000123, None))
    found = refused(unsaid, mapping=goodwill)
    assert found.rule == "refused:refund_sum"
    assert found.sentence == "refund 1 does not say what it gives back for which item"


def test_goodwill_is_given_again() -> None:
    """It is no part of the invoice: only what is left of the whole limits it."""
    more = 'order_level_refund = "goodwill"\ngoodwill = { gl_account = "889000", cost_center = "4900" }'
    life = Life(an_order(), a_mapping(('language = "DE"', f'language = "DE"\n{more}')))
    refunds = [a_refund(number, "40.00", "0", an_item("ORDER", 1000123, "40.00")) for number in (1, 2, 3)]
    life.post()
    life.now(status_id=14).parts(refunds=refunds)
    for _ in range(2):
        assert life.post().gross == Decimal("-40.00")
    assert life.causes() == ["refused:refund_exceeds"]


def test_goodwill_without_account_is_a_gap() -> None:
    """As for every role."""
    step = StepId("acme", "abc123", 1000123, Kind.REFUND, 1)
    mapping = company('order_level_refund = "goodwill"')
    refund = Refund.model_validate(a_refund(1, "10.00", "0", an_item("ORDER", 1000123, "10.00")))
    found = refund_memo(refund, [built(LAMPS).facts], LAMPS, mapping, STORE, step)
    assert isinstance(found, tuple)
    assert [gap.key for gap in found] == ["role:role=goodwill,company_code=1000"]


def test_a_price_reduction_carves_the_tax_out_of_the_amount() -> None:
    """Pro rata over the lines: 11.90 over 119.00 at 19 % and 53.50 at 7 %."""
    reduction = company('order_level_refund = "price_reduction"')
    snapshot = an_order(Line("119.00"), Line("53.50", rate="7", product_id=112))
    refund = a_refund(1, "17.25", "0", an_item("ORDER", 1000123, "17.25"))
    assert given(refund, snapshot, reduction) == [
        ("customer", "99000", "", "-17.25"),
        ("product", "800000", "A1", "10.00"),
        ("product", "800000", "A2", "5.00"),
        ("tax", "", "A1", "1.90"),
        ("tax", "", "A2", "0.35"),
    ]
    tiny = a_refund(1, "0.01", "0", an_item("ORDER", 1000123, "0.01"))
    assert [amount for *_, amount in given(tiny, snapshot, reduction)] == ["-0.01", "0.01", "0.00"]
    assert given(tiny, an_order(Line("0.01")), reduction)[0][3] == "-0.01"
    voucher = an_order(Line("50.00", rate="0", type="giftcertificate", product_id=0))
    assert refused(refund, voucher, reduction).rule == "refused:refund_exceeds"


def test_a_price_reduction_takes_no_piece_and_nothing_of_what_was_given_back() -> None:
    """The lamp goes back for what is left of it; the next reduction is of the other line alone."""
    reduction = company('order_level_refund = "price_reduction"')
    snapshot = an_order(Line("119.00"), Line("53.50", rate="7", product_id=112))
    first = memo(a_refund(1, "17.25", "0", an_item("ORDER", 1000123, "17.25")), snapshot, reduction)
    assert isinstance(first, Built), first
    lamp = a_refund(2, "107.10", "17.10", an_item("PRODUCT", 61, "107.10", 1))
    second = memo(lamp, snapshot, reduction, (first.facts,))
    assert isinstance(second, Built), second
    assert posted(second)[1:] == [("product", "800000", "A1", "90.00"), ("tax", "", "A1", "17.10")]
    third = a_refund(3, "10.70", "0", an_item("ORDER", 1000123, "10.70"))
    assert given(third, snapshot, reduction, (first.facts, second.facts))[1:] == [
        ("product", "800000", "A2", "10.00"),
        ("tax", "", "A2", "0.70"),
    ]


# --- how it is paid back, and what becomes of the goods ---


@pytest.mark.parametrize(
    ("provider", "role", "account"),
    [("storecredit", "store_credit_used", "176600"), ("gift_certificate", "gift_certificate_used", "176500")],
)
def test_what_is_paid_back_as_a_claim_on_the_store_is_its_liability(provider: str, role: str, account: str) -> None:
    """The customer stands with both signs where nothing else is paid back."""
    payments = [
        {"id": 1, "provider_id": provider, "amount": "119.00", "offline": False, "is_declined": False},
        {"id": 2, "provider_id": provider, "amount": "1.00", "offline": False, "is_declined": True},
    ]
    refund = a_refund(1, "119.00", "19.00", an_item("PRODUCT", 61, "119.00", 1), payments=payments)
    assert given(refund) == [
        ("customer", "99000", "", "-119.00"),
        ("customer", "99000", "", "119.00"),
        ("product", "800000", "A1", "100.00"),
        (role, account, "", "-119.00"),
        ("tax", "", "A1", "19.00"),
    ]


BACK = 'restocked = { gl_account = "800010", cost_center = "4200" }'
LOST = 'not_restocked = { gl_account = "800020", cost_center = "4200" }'


@pytest.mark.parametrize(
    ("shipped", "options", "lines"),
    [
        (0, (), [("800000", "200.00")]),
        (2, (BACK, LOST), [("800010", "100.00"), ("800020", "100.00")]),
        (3, (BACK, LOST), [("800020", "200.00")]),
        (0, (BACK, LOST), [("800010", "200.00")]),
        (2, (LOST,), [("800000", "100.00"), ("800020", "100.00")]),
        (0, (BACK, LOST, 'restock = "by_reason"', 'restock_reasons = ["Returned"]'), [("800010", "200.00")]),
        (0, (BACK, LOST, 'restock = "by_reason"'), [("800020", "200.00")]),
    ],
)
def test_what_was_not_shipped_is_on_the_shelf_first(shipped: int, options: tuple[str, ...], lines: list[Any]) -> None:
    """Or the refund's reason decides; each case may have an account of its own."""
    products = [line.model_dump() | {"quantity_shipped": shipped} for line in LAMPS.products]
    snapshot = OrderSnapshot.model_validate(LAMPS.model_dump() | {"products": products})
    refund = a_refund(1, "238.00", "38.00", an_item("PRODUCT", 61, "238.00", 2), reason="returned")
    found = given(refund, snapshot, company(*options))
    assert [(account, amount) for role, account, _, amount in found if role == "product"] == lines


def test_the_day_is_the_refund_s() -> None:
    """In the company code's time zone; of the order's last change where the store does not say."""
    document = memo(a_refund(1, "119.00", "19.00", an_item("PRODUCT", 61, "119.00", 1), created=None))
    assert isinstance(document, Built)
    assert document.facts.day == "20260305"
    later = revised(LAMPS, date_modified=PLACED + timedelta(days=4))
    document = memo(a_refund(1, "119.00", "19.00", an_item("PRODUCT", 61, "119.00", 1), created=None), later)
    assert isinstance(document, Built)
    assert document.facts.day == "20260309"


def test_a_line_whose_code_an_edit_changed_is_given_back_at_its_new_one() -> None:
    """The one it had before has nothing left of it."""
    life = Life(an_order(Line("119.00")), a_mapping(('language = "DE"', 'language = "DE"\non_edit = "supplement"')))
    life.post()
    life.snapshot = an_order(Line("107.00", rate="7"))
    life.now(date_modified=PLACED + timedelta(days=1)).settle()
    life.parts(refunds=[a_refund(1, "107.00", "7.00", an_item("PRODUCT", 61, "107.00", 1))])
    life.decide("refund").settle()
    assert life.books() == {}


def test_a_merchant_s_own_values_leave_no_tax_without_its_base() -> None:
    """Nothing could take it back; at the rate there is none to leave."""
    override = {"uses_merchant_override_values": True}
    lamp = an_order(Line("119.00"))
    found = refused(a_refund(1, "100.00", "0", an_item("PRODUCT", 61, "100.00", 1), **override), lamp)
    assert found.rule == "refused:refund_taxes"
    assert found.sentence == ("refund 1 leaves 19.00 of tax on 0.00 for A1: SAP takes no tax above its base (FF 747)")
    more = a_refund(1, "80.00", "-10.00", an_item("PRODUCT", 61, "80.00", 1), **override)
    assert "leaves 29.00 of tax on 10.00" in refused(more, lamp).sentence
