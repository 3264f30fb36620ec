"""Payments in SAP's books: clearing account against the invoice's customer, cleared by the order's assignment."""

import pytest

from tests.support.landscape import Site, reference

pytestmark = pytest.mark.timeout(400)

PAYMENTS = '\n[payments]\npost = true\n\n[[clearing]]\ngl_account = "113100"\n'


def test_a_paid_order_has_its_payment_in_the_books(site: Site) -> None:
    """Two documents under one assignment, of which nothing is left to pay."""
    site.change_mapping(new=PAYMENTS)
    order = site.place()

    def both() -> list[dict[str, object]] | None:
        found = site.documents(order)
        return found if len(found) == 2 else None

    invoice, payment = sorted(site.until(both, f"order {order} has no payment"), key=lambda one: one["document_type"])
    site.becomes(order, "posted")
    assert (invoice["document_type"], payment["document_type"]) == ("DR", "DZ")
    assert invoice["reference"] == reference(order)
    assert str(payment["reference"]).startswith(f"B1-{order}-")
    owed, paid = ([line for line in one["lines"] if line["account_type"] == "D"] for one in (invoice, payment))
    assert [line["allocation"] for line in (*owed, *paid)] == [f"B1-{order}"] * 2
    assert owed[0]["amount"] == paid[0]["amount"].removeprefix("-")
    [bank] = [line for line in payment["lines"] if line["account_type"] == "S"]
    assert (bank["gl_account"].lstrip("0"), bank["amount"]) == ("113100", owed[0]["amount"])
