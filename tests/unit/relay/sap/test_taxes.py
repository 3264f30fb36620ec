"""The store's tax rows are matched with what they were charged on; any doubt is a refusal, never a guess."""

from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.sap.document import ar_document
from mlconnector_relay.sap.values import Built, Refusal

from tests.support.building import built, gaps, posted, refused, with_parts
from tests.support.mappings import STEP, STORE, a_mapping
from tests.support.orders import Charge, Line, an_order, revised


def rows(snapshot: OrderSnapshot, **changes: Any) -> list[dict[str, Any]]:
    """Return the tax rows with fields changed."""
    return [{**row.model_dump(), **changes} for row in snapshot.taxes]


def summed(snapshot: OrderSnapshot, *sums: tuple[str, str, int], **changes: Any) -> OrderSnapshot:
    """Replace the rows by sums per rate as the store gives them without details: rate, amount, class."""
    plain = [
        {
            "id": number,
            "order_address_id": 51,
            "tax_class_id": tax_class,
            "name": "VAT",
            "class": f"Class {tax_class}",
            "rate": rate,
            "line_amount": amount,
            **changes,
        }
        for number, (rate, amount, tax_class) in enumerate(sums, 1)
    ]
    return with_parts(snapshot, taxes=plain)


def in_classes(snapshot: OrderSnapshot, **classes: int | None) -> OrderSnapshot:
    """Tell the tax classes of products, as p111=0."""
    facts = {
        int(name[1:]): {"id": int(name[1:]), "categories": [21], "tax_class_id": of} for name, of in classes.items()
    }
    return with_parts(snapshot, product_facts=facts)


MIXED = an_order(Line("119.00"), Line("53.50", rate="7", product_id=112))


def test_rows_with_details_name_their_line() -> None:
    """Also when lines of several rates go to one address."""
    assert [amount for *_, amount in posted(built(MIXED))] == ["172.50", "-100.00", "-50.00", "-19.00", "-3.50"]


def test_rows_without_details_are_matched_by_class() -> None:
    """The catalog knows the classes of products."""
    plain = summed(in_classes(MIXED, p111=0, p112=4), ("19", "19.00", 0), ("7", "3.50", 4))
    assert posted(built(plain)) == posted(built(MIXED))


def test_rows_without_details_and_without_classes_are_refused() -> None:
    """Two rates could both be the line's."""
    found = refused(summed(in_classes(MIXED, p111=None, p112=None), ("19", "19.00", 0), ("7", "3.50", 4)))
    assert found.rule == "refused:tax_detail"
    assert found.sentence == "1x SKU-1: tax rows of several classes fit (Class 0, Class 4)"


def test_one_rate_for_everything_needs_no_details() -> None:
    """Automatic taxes name neither class nor address."""
    snapshot = an_order(Line("119.00"), shipping=Charge("11.90"))
    plain = summed(snapshot, ("19", "20.90", 0), tax_class_id=None, order_address_id=None)
    assert posted(built(plain)) == posted(built(snapshot))


def test_rows_of_one_address_do_not_reach_the_other() -> None:
    """Each destination has its own."""
    snapshot = an_order(Line("119.00", address=51), Line("119.00", address=52, product_id=112))
    home = snapshot.shipping_addresses[0].model_dump()
    two = with_parts(snapshot, shipping_addresses=[home, home | {"id": 52, "country_iso2": "AT"}])
    plain = summed(two, ("19", "19.00", 0), ("19", "19.00", 0))
    split = with_parts(plain, taxes=[{**rows(plain)[0]}, {**rows(plain)[1], "order_address_id": 52}])
    assert gaps(split, a_mapping()) == [
        "tax:country=AT,region=Hamburg,rate=19,class=Class 0,provider=BasicTaxProvider,company_code=1000"
    ]


def test_a_sum_over_lines_taxed_differently_is_refused() -> None:
    """A row without address over two countries belongs to two codes."""
    snapshot = an_order(Line("119.00", address=51), Line("119.00", address=52, product_id=112))
    home = snapshot.shipping_addresses[0].model_dump()
    two = with_parts(snapshot, shipping_addresses=[home, home | {"id": 52, "country_iso2": "AT"}])
    found = refused(summed(two, ("19", "38.00", 0), order_address_id=None))
    assert found.rule == "refused:tax_detail"
    assert found.sentence.startswith("tax row VAT 19 % of 38.00 covers parts of the order that are taxed differently")


def test_tax_on_nothing_is_refused() -> None:
    """Every row must belong somewhere, unless it is zero."""
    extra = {"id": 9, "name": "VAT", "rate": "19", "line_amount": "1.00", "line_item_type": "shipping"}
    snapshot = an_order(Line("119.00"))
    found = refused(with_parts(snapshot, taxes=[*rows(snapshot), extra]))
    assert (found.rule, found.sentence) == (
        "refused:tax_detail",
        "tax row VAT 19 % of 1.00 belongs to no part of the order",
    )
    assert built(with_parts(snapshot, taxes=[*rows(snapshot), extra | {"line_amount": "0"}]))


def test_several_taxes_on_one_line_are_one_rate() -> None:
    """State and city: SAP's code has the sum."""
    snapshot = an_order(Line("119.00"))
    (row,) = rows(snapshot)
    state = {**row, "tax_rate_id": 1, "name": "State", "rate": "12", "line_amount": "12.00"}
    city = {**row, "id": 2, "tax_rate_id": 2, "name": "City", "rate": "7", "line_amount": "7.00"}
    assert posted(built(with_parts(snapshot, taxes=[state, city]))) == posted(built(snapshot))


def test_wrapping_rows_may_name_only_the_address() -> None:
    """Two wrapped lines share the rate, which counts once."""
    snapshot = an_order(Line("10", wrapping="1.19"), Line("20", wrapping="2.38", product_id=112))
    of_line_0 = [
        row | ({"order_product_id": "0"} if row["line_item_type"] == "gift-wrapping" else {}) for row in rows(snapshot)
    ]
    for one in (snapshot, with_parts(snapshot, taxes=of_line_0)):
        wrapping = [line for line in posted(built(one)) if line[0] == "wrapping"]
        assert [amount for *_, amount in wrapping] == ["-1.00", "-2.00"]


@pytest.mark.parametrize("kind", ["item", "fee", "custom_fee"])
def test_fees_have_rows_without_a_line(kind: str) -> None:
    """No kind is documented for them."""
    snapshot = an_order(Line("53.50", rate="7"), fees=(Charge("11.90"),))
    line, fee = rows(snapshot)
    assert posted(built(with_parts(snapshot, taxes=[line, fee | {"line_item_type": kind}]))) == posted(built(snapshot))


def test_tax_that_does_not_add_up_is_refused() -> None:
    """A cent per row may be rounding; more is not."""
    snapshot = an_order(Line("119.00"))
    off = {"total_tax": "19.03", "total_ex_tax": "99.97", "subtotal_tax": "19.03"}
    found = refused(revised(snapshot, **off))
    assert found.rule == "refused:tax_rows"
    assert found.sentence == (
        "the 1 tax rows add up to 19.0000, the order's tax is 19.03: -0.0300 where 0.02 is allowed"
    )
    assert refused(with_parts(snapshot, taxes=[])).rule == "refused:tax_rows"
    assert refused(with_parts(snapshot, taxes=rows(snapshot, line_amount="0"))).rule == "refused:tax_rows"


def test_negative_tax_is_refused() -> None:
    """Only refunds have it."""
    snapshot = an_order(Line("119.00"), Line("53.50", rate="7", product_id=112))
    first, second = rows(snapshot)
    found = refused(with_parts(snapshot, taxes=[first | {"line_amount": "23.50"}, second | {"line_amount": "-1.00"}]))
    assert (found.rule, found.sentence) == ("refused:tax_rows", "an order cannot be charged negative tax: -1.00")


def test_what_carries_no_row_carries_no_tax() -> None:
    """A rate of 0 %, for which the mapping must give the reason."""
    snapshot = an_order(Line("119.00"), Line("10", rate="0", product_id=112))
    assert ("product", "800000", "A0", "-10.00") in posted(built(snapshot))


def test_rows_without_details_tax_no_gift_certificate() -> None:
    """It is taxed when it is used; the row is that of the goods beside it."""
    snapshot = an_order(Line("119.00"), Line("25.00", rate="0", type="giftcertificate", product_id=0))
    plain = summed(in_classes(snapshot, p111=0), ("19", "19.00", 0), order_address_id=None)
    assert posted(built(plain))[1:3] == [
        ("product", "800000", "A1", "-100.00"),
        ("gift_certificate", "176500", "", "-25.00"),
    ]


def test_only_rows_for_wrapping_are_the_wrappings() -> None:
    """A row of shipping names no line either."""
    snapshot = an_order(Line("53.50", rate="7", wrapping="2.14"), shipping=Charge("5.95"))
    assert posted(built(snapshot))[1:4] == [
        ("product", "800000", "A2", "-50.00"),
        ("freight", "808000", "A1", "-5.00"),
        ("wrapping", "808200", "A2", "-2.00"),
    ]


def test_several_taxes_of_several_classes_are_one_class() -> None:
    """Joined by a plus sign, for rules to name."""
    snapshot = an_order(Line("119.00"))
    one, *_ = rows(snapshot)
    both = [
        one | {"rate": rate, "line_amount": f"{rate}.00", "tax_class": name, "name": name}
        for rate, name in (("12", "State"), ("7", "City"))
    ]
    rule = '[[taxes]]\ncountries = ["DE"]\nrate = 19\ntax_classes = ["City+State"]\ntax_code = "A3"\n'
    more = f'{rule}[tax_codes.A3]\nrate = 19\ncondition_key = "MWAS"\naccount_key = "MWS"\n'
    assert posted(built(with_parts(snapshot, taxes=both), a_mapping(more=more)))[1][2] == "A3"


@pytest.mark.parametrize(
    ("charged", "total", "fits"),
    [
        ("18.98", "19.00", True),
        ("18.9799", "19.00", False),
        ("19.02", "19.00", True),
        ("0", "0.0049", True),
        ("0", "0.005", False),
        ("0", "-0.01", False),
    ],
)
def test_rows_may_be_apart_by_their_rounding_and_no_more(charged: str, total: str, *, fits: bool) -> None:
    """A unit for each row and one more; tax without any row is none but for what rounds to nothing."""
    price = "119.00" if Decimal(charged) else "50.00"
    snapshot = an_order(Line(price, rate="19" if Decimal(charged) else "0"))
    net = Decimal(price) - Decimal(total)
    changed = revised(snapshot, total_tax=total, total_ex_tax=str(net), subtotal_tax=total)
    changed = with_parts(changed, taxes=rows(snapshot, line_amount=charged))
    found = ar_document(changed, a_mapping(), STORE, STEP)
    assert isinstance(found, Built) is fits, found
    if isinstance(found, Refusal):
        assert found.rule == "refused:tax_rows"
