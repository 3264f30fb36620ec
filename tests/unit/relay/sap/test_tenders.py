"""Gift certificates and store credit are means of payment, not discounts: a liability when given, a debit when used."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.sap.document import ar_document
from mlconnector_relay.sap.values import Refusal

from tests.support.building import built, gaps, posted, refused, with_parts
from tests.support.mappings import STEP, STORE, a_mapping, without
from tests.support.orders import Line, an_order, revised

D = Decimal
CERTIFICATE = Line("50.00", rate="0", type="giftcertificate", product_id=0, sku="", name="For Ida, happy birthday")


def test_what_was_paid_by_tenders_is_debited_to_their_liabilities() -> None:
    """The customer owes what remains; tax and revenue stay those of the order."""
    document = built(revised(an_order(), gift_certificate_amount="13.05", store_credit_amount="5.95"))
    assert posted(document) == [
        ("customer", "99000", "", "100.00"),
        ("product", "800000", "A1", "-100.00"),
        ("gift_certificate_used", "176500", "", "13.05"),
        ("store_credit_used", "176600", "", "5.95"),
        ("tax", "", "A1", "-19.00"),
    ]
    assert document.gross == D("100.00")
    assert "TAX_CODE" not in document.call.parameters["ACCOUNTGL"][1]


def test_a_discount_on_a_gift_certificate_has_no_tax_code_either() -> None:
    """Nor is it taxed, on the account of the discounts."""
    own_account = a_mapping(('language = "DE"', 'language = "DE"\ndiscounts = "own_account"'))
    document = built(an_order(Line("10.00"), replace(CERTIFICATE, discount="5.00")), own_account)
    assert ("discount", "888000", "", "5.00") in posted(document)


def test_an_account_without_cost_center_is_told_without_one() -> None:
    """A liability has none."""
    document = built(an_order(Line("10.00"), CERTIFICATE))
    assert "1x Gift certificate: account 176500 by company code 1000, gift_certificate" in document.decisions


def test_where_nothing_is_left_to_pay_the_customer_shows_with_both_signs() -> None:
    """So that the debtor stands in the document."""
    document = built(revised(an_order(), gift_certificate_amount="119"))
    assert posted(document) == [
        ("customer", "99000", "", "119.00"),
        ("customer", "99000", "", "-119.00"),
        ("product", "800000", "A1", "-100.00"),
        ("gift_certificate_used", "176500", "", "119.00"),
        ("tax", "", "A1", "-19.00"),
    ]
    assert document.gross == 0
    items = [row["ITEMNO_ACC"] for row in document.call.parameters["ACCOUNTRECEIVABLE"]]
    assert items == ["0000000001", "0000000002"]


def test_a_total_after_tenders_is_read_as_one() -> None:
    """Whether the store's total is before or after them is not documented: both are tried, and one adds up."""
    paid = {"gift_certificate_amount": "20"}
    before = built(revised(an_order(), **paid))
    after = built(revised(an_order(), total_inc_tax="99", total_ex_tax="80", **paid))
    untouched = built(revised(an_order(), total_inc_tax="99", **paid))
    assert posted(before) == posted(after) == posted(untouched)
    assert before.reading == "lines as the store states them"
    assert after.reading == "lines as the store states them, total after gift certificates and store credit"


def test_more_tenders_than_the_order_costs_are_refused() -> None:
    """With the difference."""
    found = refused(revised(an_order(), store_credit_amount="119.01"))
    assert found.rule == "refused:tenders"
    assert found.sentence == "119.01 were paid by gift certificate and store credit, 0.01 more than the order costs"


def test_a_sold_gift_certificate_is_a_liability() -> None:
    """No revenue, no tax code, nothing of its name; beside it goods as ever."""
    document = built(an_order(Line("119.00"), CERTIFICATE))
    assert posted(document) == [
        ("customer", "99000", "", "169.00"),
        ("product", "800000", "A1", "-100.00"),
        ("gift_certificate", "176500", "", "-50.00"),
        ("tax", "", "A1", "-19.00"),
    ]
    assert document.lines[2].text == "1x Gift certificate"
    assert "Ida" not in str(document.facts)


def test_an_order_of_nothing_but_gift_certificates_has_no_tax() -> None:
    """Not even a row of zero."""
    document = built(an_order(replace(CERTIFICATE, quantity=2)))
    assert posted(document) == [("customer", "99000", "", "100.00"), ("gift_certificate", "176500", "", "-100.00")]
    assert document.call.parameters["ACCOUNTTAX"] == []


def test_tax_rows_without_details_are_not_the_gift_certificates() -> None:
    """They are matched by address and class, which a gift certificate has none of."""
    snapshot = an_order(Line("119.00"), CERTIFICATE)
    plain = [row.model_dump() | {"line_item_type": "", "order_product_id": None} for row in snapshot.taxes]
    assert posted(built(with_parts(snapshot, taxes=plain))) == posted(built(snapshot))


def test_a_gift_certificate_sold_with_tax_waits_for_a_decision() -> None:
    """A single-purpose voucher."""
    found = refused(an_order(replace(CERTIFICATE, rate="19")))
    assert found.rule == "decision:voucher"
    assert "19 % of tax" in found.sentence


@pytest.mark.parametrize(("own", "waits"), [("USD", True), ("EUR", False), ("", False)])
def test_store_credit_in_another_currency_waits_for_a_decision(own: str, waits: bool) -> None:
    """At which rate it was used is not said."""
    snapshot = revised(an_order(), store_credit_amount="5", store_default_currency_code=own)
    found = ar_document(snapshot, a_mapping(), STORE, STEP)
    assert (isinstance(found, Refusal) and found.rule == "decision:store_credit_currency") is waits
    assert built(revised(an_order(), store_default_currency_code=own))


@pytest.mark.parametrize(
    ("paid", "role"),
    [({"gift_certificate_amount": "5"}, "gift_certificate"), ({"store_credit_amount": "5"}, "store_credit")],
)
def test_a_missing_liability_account_parks(paid: dict[str, Any], role: str) -> None:
    """With everything else that is missing."""
    number = {"gift_certificate": "176500", "store_credit": "176600"}[role]
    mapping = a_mapping(
        without(f'{role} = {{ gl_account = "{number}", cost_center = "" }}'),
        ('countries = ["DE"]\nrate = 19', 'countries = ["AT"]\nrate = 19'),
    )
    found = gaps(revised(an_order(), **paid), mapping)
    assert found[0].startswith("tax:")
    assert found[1] == f"role:role={role},company_code=1000"
    assert a_mapping().cures(found[1])
    assert not mapping.cures(found[1])
