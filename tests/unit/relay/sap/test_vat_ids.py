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
        ("FR11123456782", ("FR11123456782", "FR")),
        (" fr 11.123-456/782 ", ("FR11123456782", "FR")),
        ("EL123456783", ("EL123456783", "GR")),
        ("GR 123456783", ("EL123456783", "GR")),
        ("XI123456727", ("XI123456727", "XI")),
        ("BE123456749", ("BE0123456749", "BE")),
        ("CHE123456789", ("CHE123456789", "CH")),
        ("", ("", "none")),
        ("12345678901", ("", "unreadable")),
        ("n/a", ("", "unreadable")),
        ("FR" + "1" * 19, ("", "unreadable")),
        ("FR12123456782", ("", "malformed")),
        ("FR1112345678", ("", "malformed")),
        ("el123456789", ("", "malformed")),
        ("XI123456789", ("", "malformed")),
        (["FR11123456782"], ("", "none")),
        (None, ("", "none")),
    ],
)
def test_a_vat_id_is_read_as_people_type_it(typed: Any, id_: tuple[str, str]) -> None:
    """Blanks, dots and small letters are no part of it; what names no country is told apart from nothing."""
    assert found(order(("vat id", typed))) == id_


def test_the_orders_own_field_counts_before_the_account_and_its_attributes() -> None:
    """Within a place the mapping's order decides, whatever the store's is."""
    account = {"VAT ID": "IT12345670017"}
    attributes = {8: "NL123456789B13", 7: "BE0123456749"}
    both = ("VAT ID", "FR11123456782"), ("USt-IdNr.", "ATU12345675")
    assert found(order(*both, account=account, customer_attributes=attributes)) == ("ATU12345675", "AT")
    assert found(order(both[0], account=account)) == ("FR11123456782", "FR")
    assert found(order(("VAT ID", ""), account=account, customer_attributes=attributes)) == ("IT12345670017", "IT")
    assert found(order(customer_attributes=attributes)) == ("BE0123456749", "BE")
    assert vat_id_of(order(account=account), FIELDS).source == "customer's account's form field VAT ID"
    assert vat_id_of(order(*both), VatIds()) == VatId("", "none", "")


def receivable(snapshot: OrderSnapshot, mapping: Mapping) -> dict[str, str]:
    """Return the customer's line as SAP takes it."""
    (row,) = built(snapshot, mapping).call.parameters["ACCOUNTRECEIVABLE"]
    return row  # type: ignore[no-any-return]


def test_the_id_goes_with_the_customers_line_and_the_decision_says_from_where() -> None:
    """The decision holds no id: it is kept when personal data are erased."""
    snapshot, mapping = order(("VAT ID", "FR 11123456782")), a_mapping(more=RULES)
    assert receivable(snapshot, mapping)["VAT_REG_NO"] == "FR11123456782"
    decisions = built(snapshot, mapping).decisions
    assert "VAT_REG_NO holds the VAT id of FR from the billing address's form field VAT ID" in decisions
    assert not any("123456782" in one for one in decisions)


def test_what_is_no_vat_id_is_not_sent() -> None:
    """And that is told; without any id nothing is."""
    mapping = a_mapping(more=RULES)
    unreadable = order(("VAT ID", "to follow"))
    assert "VAT_REG_NO" not in receivable(unreadable, mapping)
    assert any("is no VAT id with its country" in one for one in built(unreadable, mapping).decisions)
    assert not any("VAT_REG_NO" in one for one in built(order(), mapping).decisions)


def test_what_no_country_gives_out_is_not_sent() -> None:
    """SAP would refuse the document for it, where it checks ids."""
    mapping, mistyped = a_mapping(more=RULES), order(("VAT ID", "FR12123456782"))
    assert "VAT_REG_NO" not in receivable(mistyped, mapping)
    assert any("is no VAT id as its country gives them out" in one for one in built(mistyped, mapping).decisions)


def test_a_debtor_of_ones_own_has_the_id_of_its_master_data() -> None:
    """As it has its address from there."""
    mapping = a_mapping(('one_time_customer = "99000"', 'one_time_customer = "99000"\ncustomer = "4711"'), more=RULES)
    assert "VAT_REG_NO" not in receivable(order(("VAT ID", "FR11123456782")), mapping)


def test_an_edited_id_is_no_edit_of_the_order() -> None:
    """Like a name or a street."""
    assert order(("VAT ID", "FR11123456782")).digest() == an_order(Line("119.00")).digest()
