"""What happens to an order after its invoice, in the books: refunds and cancellations through every real part."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from tests.support.landscape import Site

pytestmark = pytest.mark.timeout(400)


def balances(documents: list[dict[str, Any]]) -> dict[str, Decimal]:
    """Return what the documents leave on each account."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for document in documents:
        assert sum((Decimal(line["amount"]) for line in document["lines"]), Decimal(0)) == 0
        for line in document["lines"]:
            sums[line["account"]] += Decimal(line["amount"])
    return {account: amount for account, amount in sums.items() if amount}


def books_hold(site: Site, order: int, count: int) -> list[dict[str, Any]]:
    """Wait until the books hold so many documents of an order, and no more."""
    site.until(lambda: len(site.documents(order)) >= count or None, f"order {order} has not {count} documents")
    site.becomes(order, "posted")
    found = site.documents(order)
    assert len(found) == count
    return found


def test_an_order_lives_to_nothing(site: Site) -> None:
    """Sold for a gift certificate and store credit, a piece refunded, the rest cancelled: each account ends at zero."""
    order = site.place(
        lines=[{"product_id": 112, "quantity": 2}, {"product_id": 132}],
        destinations=[{"shipping": "5.90"}],
        customer_id=2,
        gift_certificate="7.50",
        store_credit="2.50",
    )
    total = Decimal(str(site.store("GET", f"/orders/{order}")["total_inc_tax"]))
    [invoice] = books_hold(site, order, 1)
    assert invoice["document_type"] == "DR"
    assert sum(Decimal(line["amount"]) for line in invoice["lines"] if line["account_type"] == "D") == total - 10

    line = site.store("GET", f"/orders/{order}")["products"][0]["id"]
    piece = {"item_type": "PRODUCT", "item_id": line, "quantity": 1}
    refund = site.store(
        "POST", f"/orders/{order}/refunds", {"items": [piece], "provider_id": "custom", "offline": True}
    )
    documents = books_hold(site, order, 2)
    credit_memo = next(one for one in documents if one["document_type"] == "DG")
    assert credit_memo["reference"] == f"B1-{order}-{refund['id']}R"
    owed = sum(Decimal(line["amount"]) for line in credit_memo["lines"] if line["account_type"] == "D")
    assert owed == -Decimal(str(refund["total_amount"]))

    site.store("POST", f"/orders/{order}/cancel")
    documents = books_hold(site, order, 3)
    assert sorted(one["reference"].rpartition("-")[2][-1] for one in documents) == ["I", "R", "V"]
    assert balances(documents) == {}

    told = site.ask("explain", str(order), "--json")
    assert [one["about"] for one in told] == ["order", f"refund {refund['id']}", "cancellation"]
    for one in told:
        [document] = [document for document in documents if document["reference"] == one["reference"]]
        assert sorted(Decimal(line["amount"]) for line in one["lines"]) == sorted(
            Decimal(line["amount"]) for line in document["lines"]
        )


RULES = """
[vat_ids]
form_fields = ["VAT ID"]

[[taxes]]
countries = ["DE"]
rate = 0
tax_exempt_categories = ["embassy"]
reason = "exempt_customer"
tax_code = "A0"
"""


def by_code(document: dict[str, Any]) -> dict[tuple[str, str], Decimal]:
    """Return the sums of a document per kind of line and tax code."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in document["lines"]:
        sums[line["account_type"], line["tax_code"]] += Decimal(line["amount"])
    return dict(sums)


def test_tax_charged_in_error_moves_to_the_code_that_a_person_names(site: Site) -> None:
    """The buyer's VAT id stands in the books, tax given back alone takes its base along, and the rest is taken back."""
    site.change_mapping(new=RULES)
    line = {"product_id": 111, "price": "119.00"}
    order = site.place(lines=[line], form_fields={"VAT ID": "DE 123 456 788"}, destinations=[{}])
    [invoice] = books_hold(site, order, 1)
    [owed] = [line for line in invoice["lines"] if line["account_type"] == "D"]
    assert owed["vat_registration"] == "DE123456788"

    wish = {"tax_adjustment_amount": "19.00", "provider_id": "custom", "offline": True}
    refund = site.store("POST", f"/orders/{order}/refunds", wish)
    site.becomes(order, "parked")
    [asked] = site.ask("worklist", "decide", str(order), "--json")
    assert asked["cause"] == f"decision:refund_tax:{order}/{refund['id']}"
    assert "move:A1:A0: 19.00 of tax on 100.00 at A1 become 0.00 at A0 (exempt_customer)" in asked["sentence"]
    who = ("--by", "ida", "--reason", "an embassy", "--proposal", asked["proposal"])
    site.ask("worklist", "decide", str(order), "--choose", "move:A1:A0", *who, "--json")

    documents = books_hold(site, order, 2)
    memo = next(one for one in documents if one["document_type"] == "DG")
    assert by_code(memo) == {
        ("D", ""): Decimal("-19.00"),
        ("S", "A1"): Decimal("119.00"),
        ("S", "A0"): Decimal("-100.00"),
    }
    taxes = {row["tax_code"]: (Decimal(row["base"]), Decimal(row["amount"])) for row in memo["taxes"]}
    assert taxes == {"A1": (Decimal("100.00"), Decimal("19.00")), "A0": (Decimal("-100.00"), Decimal("0.00"))}

    site.store("POST", f"/orders/{order}/cancel")
    assert balances(books_hold(site, order, 3)) == {}
    [_, told, _] = site.ask("explain", str(order), "--json")
    assert any("(exempt_customer)" in sentence for line in told["lines"] for sentence in line["because"])
