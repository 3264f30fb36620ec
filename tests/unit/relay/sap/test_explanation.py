"""Every line of a document is explained from what was kept with it, and the explanation is the document."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.sap.explanation import explanation
from mlconnector_relay.sap.mapping import Mapping
from mlconnector_relay.sap.values import Built

from tests.support.building import built
from tests.support.lives import Life, a_refund, an_item
from tests.support.mappings import a_mapping
from tests.support.orders import Charge, Line, an_order, priced_orders, revised

OWN = a_mapping(('language = "DE"', 'language = "DE"\ndiscounts = "own_account"'))
LIABILITY = a_mapping(('tax_code = "A1"', 'tax_code = "A0"\nliability_account = "176000"'))

JURISDICTION = a_mapping(
    ('tax_code = "A1"', 'tax_code = "O1"\njurisdiction = "TX4"'),
    more="""
[tax_codes.O1]
condition_key = "JR1"
account_key = "MWS"
[jurisdictions.TX4]
levels = [{ jurisdiction = "TX0", rate = 12.5 }, { jurisdiction = "TX4", rate = 6.5 }]
""",
)


def assert_is_the_document(document: Built) -> None:
    """The same items, accounts, codes and amounts; each with a reason."""
    told = explanation(document.facts)
    assert [(line.item, line.role, line.account, line.tax_code, line.amount) for line in told] == [
        (line.item, line.role, line.account, line.tax_code, line.amount) for line in document.lines
    ]
    assert all(line.because for line in told)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(priced_orders())
def test_whatever_is_posted_is_explained(documents: dict[str, Any]) -> None:
    """Line by line."""
    snapshot = OrderSnapshot.model_validate(documents)
    if snapshot.order.total_inc_tax >= 1:
        for mapping in (a_mapping(), OWN, LIABILITY, JURISDICTION):
            assert_is_the_document(built(snapshot, mapping))


@pytest.mark.parametrize("mapping", [a_mapping(), OWN, LIABILITY, JURISDICTION])
def test_every_role_is_explained(mapping: Mapping) -> None:
    """Charges, fees, tenders, discounts."""
    lines = (Line("119.00", 2, discount="23.80", wrapping="2.38"), Line("53.50", rate="7", product_id=112))
    order = an_order(*lines, shipping=Charge("5.95"), handling=Charge("1.19"), fees=(Charge("11.90"),))
    assert_is_the_document(built(revised(order, gift_certificate_amount="10", store_credit_amount="1"), mapping))


def test_a_level_names_the_authorities_that_share_the_tax() -> None:
    """With their rates."""
    *_, state, city = explanation(built(an_order(), JURISDICTION).facts)
    assert state.because[1] == "level 1 of TX4, TX0: shared out by rate, 12.5 % to TX0, 6.5 % to TX4"
    assert city.because[1].startswith("level 2 of TX4, TX4: ")


def test_a_line_names_its_fields_its_arithmetic_and_its_rules() -> None:
    """In words that can be checked in the store."""
    customer, lamp, tax = explanation(built(an_order(Line("119.00", 2))).facts)
    assert customer.because == ("net 200.00 + tax 38.00 = 238.00 (lines as the store states them)",)
    [sentence] = lamp.because
    assert sentence.startswith(
        "2x SKU-1: 238.00 with tax - 38.00 = 200.00; from products[id=61]: discounted_total_inc_tax"
    )
    assert sentence.endswith("; account by accounts[1], 19 % is A1 by taxes[0]")
    assert tax.because == ("38.00 on 200.00: the store's tax rows, brought to its total tax: 38.00 (2x SKU-1)",)


def test_a_line_is_explained_by_what_it_comes_from_alone() -> None:
    """Handling and wrapping share an account here, and both lamps do."""
    order = an_order(Line("119.00", wrapping="2.38"), Line("59.50"), handling=Charge("1.19"))
    told = explanation(built(order, a_mapping(("808200", "808100"))).facts)[1:-1]
    assert [line.account for line in told[-2:]] == ["808100", "808100"]
    assert [(line.role, *(sentence.split(" = ")[0] for sentence in line.because)) for line in told] == [
        ("product", "1x SKU-1: 119.00 with tax - 19.00"),
        ("product", "1x SKU-1: 59.50 with tax - 9.50"),
        ("handling", "Handling Parcel: 1.19 with tax - 0.19"),
        ("wrapping", "Wrapping of SKU-1: 2.38 with tax - 0.38"),
    ]


def test_tenders_and_both_signs_are_explained() -> None:
    """Where nothing is left to pay."""
    told = explanation(built(revised(an_order(), store_credit_amount="119")).facts)
    assert told[0].because == told[1].because
    assert "+ tax 19.00 - 119.00 by gift certificate and store credit = 0.00" in told[0].because[0]
    assert told[0].because[0].endswith("nothing is left, so the customer shows with both signs")
    assert told[3].because == (
        "Store credit used: -119.00, no tax code; from store_credit_amount; account by company code 1000, store_credit",
    )


def test_what_is_given_back_is_calculated_with_one_sign_each() -> None:
    """And its tax comes from the invoice's lines, not from rows of the store."""
    life = Life(an_order(Line("119.00"), shipping=Charge("5.95")))
    life.post()
    items = (an_item("PRODUCT", 61, "119.00", 1), an_item("SHIPPING", 51, "5.95"))
    life.now(status_id=4).parts(refunds=[a_refund(7, "124.95", "19.95", *items)])
    customer, lamp, freight, tax = explanation(life.post().facts)
    assert customer.because[0].startswith("net -105.00 - tax 19.95 = -124.95 (")
    assert "-119.00 with tax + 19.00 = -100.00; " in lamp.because[0]
    assert "-5.95 with tax + 0.95 = -5.00; " in freight.because[0]
    [sentence] = tax.because
    assert sentence.startswith("-19.95 on -105.00: the lines' shares: -19.00 (")
    assert " - 0.95 (" in sentence


def test_refunds_name_their_own_fields_and_charges_of_the_whole_order_theirs() -> None:
    """Goodwill has none in the order; in a refund it is its amount."""
    life = Life(an_order(Line("119.00"), shipping=Charge("5.95")))
    life.post()
    life.now(status_id=14).parts(refunds=[a_refund(7, "5.95", "0.95", an_item("SHIPPING", 51, "5.95"))])
    memo = life.post()
    field = "from refunds[id=7].items[item_type=SHIPPING, item_id=51].requested_amount;"
    assert field in explanation(memo.facts)[1].because[0]
    declined = replace(memo.facts, about="refund 7 declined in part")
    assert "from refunds[id=7].payments[].is_declined;" in explanation(declined)[1].because[0]
    whole = replace(memo.facts, about="order", lines=tuple(replace(line, source=0) for line in memo.facts.lines))
    assert "from shipping_cost_*" in explanation(whole)[1].because[0]
    goodwill = replace(whole, lines=tuple(replace(line, role="goodwill") for line in whole.lines))
    assert "from goodwill" in explanation(goodwill)[1].because[0]
    given = replace(goodwill, about="refund 7")
    assert "from refunds[id=7].total_amount;" in explanation(given)[1].because[0]


def test_a_price_reduction_comes_from_the_refund_s_amount_and_a_claim_from_its_payments() -> None:
    """No piece of the order is back."""
    mapping = a_mapping(('language = "DE"', 'language = "DE"\norder_level_refund = "price_reduction"'))
    life = Life(an_order(Line("119.00")), mapping)
    life.post()
    credit = {"id": 30, "provider_id": "storecredit", "amount": "11.90", "offline": True, "is_declined": False}
    refund = a_refund(7, "11.90", "0", an_item("ORDER", 1000123, "11.90"), payments=[credit])
    life.now(status_id=14).parts(refunds=[refund])
    told = {line.role: line.because[0] for line in explanation(life.post().facts)}
    assert "from refunds[id=7].total_amount, shared out over what was invoiced;" in told["product"]
    assert "from refunds[id=7].payments[].amount;" in told["store_credit_used"]
