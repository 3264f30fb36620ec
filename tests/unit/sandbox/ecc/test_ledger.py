"""Sums over the books."""

from typing import Any

import pytest
from mlconnector_sandbox.ecc.ledger import DIMENSIONS, TAX_DIMENSIONS, Ledger

from tests.support.ecc import DATE, Ecc, a_document, amounts
from tests.support.rfc_wire import WireClient


def post(client: WireClient, reference: str, **changes: Any) -> None:
    """Post and commit."""
    answer = client.call("BAPI_ACC_DOCUMENT_POST", **a_document(reference, **changes))
    assert answer["RETURN"][0]["NUMBER"] == "605", answer["RETURN"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")


@pytest.fixture
def ledger(ecc: Ecc, client: WireClient) -> Ledger:
    """Post an invoice, a credit memo and an invoice in dollars."""
    post(client, "SUM-1")
    post(client, "SUM-2", DOC_TYPE="DG", CURRENCYAMOUNT=amounts("-23.80", "20.00", "3.80", base="20.00"))
    dollars = amounts("119.00", "-100.00", "-19.00", currency="USD", base="-100.00")
    post(client, "SUM-3", CURRENCYAMOUNT=dollars)
    return Ledger(ecc.system.database)


def test_items_are_added_by_account_cost_center_and_tax_code(ledger: Ledger) -> None:
    """Debits positive, in the smallest unit; no sum mixes currencies."""
    rows = ledger.sums(["account", "cost_center", "tax_code"], "", ())
    found = [tuple(row[n] for n in ("account", "cost_center", "tax_code", "currency", "amount")) for row in rows]

    assert found == [
        ("0000140000", "", "", "EUR", 11900 - 2380),
        ("0000140000", "", "", "USD", 11900),
        ("0000175000", "", "A1", "EUR", -1900 + 380),
        ("0000175000", "", "A1", "USD", -1900),
        ("0000800000", "0000004100", "A1", "EUR", -10000 + 2000),
        ("0000800000", "0000004100", "A1", "USD", -10000),
    ]


def test_sums_have_both_sides_and_the_local_currency(ledger: Ledger) -> None:
    """Each document balances in both currencies, and so does their sum."""
    rows = ledger.sums(["user", "entry_date"], "h.BUKRS = ?", ("1000",))
    measures = ("currency", "documents", "items", "debits", "credits", "amount", "local_amount")

    assert [tuple(row[n] for n in measures) for row in rows] == [
        ("EUR", 2, 6, 14280, 14280, 0, 0),
        ("USD", 1, 3, 11900, 11900, 0, 0),
    ]
    assert {row["user"] for row in rows} == {"MLC_RFC"}


def test_taxes_are_added_with_their_bases(ledger: Ledger) -> None:
    """The sign is the tax's: what is owed is negative."""
    rows = ledger.tax_sums(["tax_code"], "h.WAERS = 'EUR'", ())

    assert [(row["tax_code"], row["base"], row["tax"], row["local_tax"]) for row in rows] == [
        ("A1", -8000, -1520, -1520)
    ]


def test_every_dimension_can_be_asked_for(ledger: Ledger) -> None:
    """Alone and all together, for items and for taxes."""
    for name in DIMENSIONS:
        assert sum(row["amount"] for row in ledger.sums([name], "", ())) == 0
    assert len(ledger.sums(list(DIMENSIONS), "", ())) == 9
    assert len(ledger.tax_sums(list(TAX_DIMENSIONS), "", ())) == 3
    assert ledger.sums(["posting_date"], "", ())[0]["posting_date"] == DATE


def test_customer_items_come_with_their_headers(ledger: Ledger) -> None:
    """By document number, so that the order is always the same."""
    rows = ledger.customer_items("h.WAERS = ?", ("EUR",))

    assert [(row["XBLNR"], row["SHKZG"], row["WRBTR"]) for row in rows] == [("SUM-2", "H", 2380), ("SUM-1", "S", 11900)]
