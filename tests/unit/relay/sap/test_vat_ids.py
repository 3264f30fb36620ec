"""The buyer's VAT id is where the mapping says; its country decides, the id itself goes to SAP and nowhere else."""

from typing import Any

import pytest
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.sap.mapping import Mapping
from mlconnector_relay.sap.tax_rules import VatIds
from mlconnector_relay.sap.vat_ids import VatId, vat_id_of

from tests.support.building import built, with_parts
from tests.support.mappings import a_mapping
from tests.support.orders import Line, an_order, revised

FIELDS = VatIds(form_fields=("USt-IdNr.", "VAT ID"), attributes=(7, 8))
RULES = '[vat_ids]\nform_fields = ["VAT ID"]\n'


def order(*billing: tuple[str, Any], account: dict[str, str] | None = None, **parts: Any) -> OrderSnapshot:
    """Return an order with form fields of its billing address and of the customer's account."""
    snapshot = an_order()
    address = snapshot.order.billing_address.model_dump()
    address["form_fields"] = [{"name": name, "value": value} for name, value in billing]
    fields = [{"name": name, "value": value} for name, value in (account or {}).items()]
    return with_parts(revised(snapshot, billing_address=address), customer_fields=fields, **parts)


def found(snapshot: OrderSnapshot) -> tuple[str, str]:
    """Return number and country."""
    vat_id = vat_id_of(snapshot, FIELDS)
    return vat_id.number, vat_id.country


@pytest.mark.parametrize(
    ("typed", "id_"),
    [
        ("FR12345678901", ("FR12345678901", "FR")),
        (" fr 12.345-678/901 ", ("FR12345678901", "FR")),
        ("EL123456789", ("EL123456789", "GR")),
        ("XI123456789", ("XI123456789", "XI")),
        ("", ("", "none")),
        ("12345678901", ("", "unreadable")),
        ("n/a", ("", "unreadable")),
        ("FR" + "1" * 19, ("", "unreadable")),
        (["FR12345678901"], ("", "none")),
        (None, ("", "none")),
    ],
)
def test_a_vat_id_is_read_as_people_type_it(typed: Any, id_: tuple[str, str]) -> None:
    """Blanks, dots and small letters are no part of it; what names no country is told apart from nothing."""
    assert found(order(("vat id", typed))) == id_


def test_the_orders_own_field_counts_before_the_account_and_its_attributes() -> None:
    """Within a place the mapping's order decides, whatever the store's is."""
    account = {"VAT ID": "IT12345678901"}
    attributes = {8: "NL123456789B01", 7: "BE0123456789"}
    both = ("VAT ID", "FR12345678901"), ("USt-IdNr.", "ATU12345678")
    assert found(order(*both, account=account, customer_attributes=attributes)) == ("ATU12345678", "AT")
    assert found(order(both[0], account=account)) == ("FR12345678901", "FR")
    assert found(order(("VAT ID", ""), account=account, customer_attributes=attributes)) == ("IT12345678901", "IT")
    assert found(order(customer_attributes=attributes)) == ("BE0123456789", "BE")
    assert vat_id_of(order(*both), VatIds()) == VatId("", "none", "")


def receivable(snapshot: OrderSnapshot, mapping: Mapping) -> dict[str, str]:
    """Return the customer's line as SAP takes it."""
    (row,) = built(snapshot, mapping).call.parameters["ACCOUNTRECEIVABLE"]
    return row  # type: ignore[no-any-return]


def test_the_id_goes_with_the_customers_line_and_the_decision_says_from_where() -> None:
    """The decision holds no id: it is kept when personal data are erased."""
    snapshot, mapping = order(("VAT ID", "FR 12345678901")), a_mapping(more=RULES)
    assert receivable(snapshot, mapping)["VAT_REG_NO"] == "FR12345678901"
    decisions = built(snapshot, mapping).decisions
    assert "VAT_REG_NO holds the VAT id of FR from the billing address's form field VAT ID" in decisions
    assert not any("12345678901" in one for one in decisions)


def test_what_is_no_vat_id_is_not_sent() -> None:
    """And that is told; without any id nothing is."""
    mapping = a_mapping(more=RULES)
    unreadable = order(("VAT ID", "to follow"))
    assert "VAT_REG_NO" not in receivable(unreadable, mapping)
    assert any("is no VAT id with its country" in one for one in built(unreadable, mapping).decisions)
    assert not any("VAT_REG_NO" in one for one in built(order(), mapping).decisions)


def test_a_debtor_of_ones_own_has_the_id_of_its_master_data() -> None:
    """As it has its address from there."""
    mapping = a_mapping(('one_time_customer = "99000"', 'one_time_customer = "99000"\ncustomer = "4711"'), more=RULES)
    assert "VAT_REG_NO" not in receivable(order(("VAT ID", "FR12345678901")), mapping)


def test_an_edited_id_is_no_edit_of_the_order() -> None:
    """Like a name or a street."""
    assert order(("VAT ID", "FR12345678901")).digest() == an_order(Line("119.00")).digest()
